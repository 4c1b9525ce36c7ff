"""The wire contract: the Celery application, its queues, its task names and its one kind of message.

Celery carries and runs the work; it decides nothing. No result, chord or retry of its holds state: what is
missing follows from the bucket (`shared.jobs`). Task names are declared here, never derived from modules.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from celery import Celery
from kombu import Exchange
from kombu import Queue as KombuQueue
from pydantic import BaseModel, ConfigDict

from shared.origin import Origin
from shared.settings import Settings, get_settings
from shared.store.keys import Artifact, Kind
from shared.store.specs import AnySpec

LONGEST_TASK_S = 4 * 3600
ARTIFACT_HEADER = "segue_artifact"


class Queue(StrEnum):
    """One queue per kind of worker."""

    CHUNKER = "chunker"
    TRAINER = "trainer"
    ASSEMBLER = "assembler"


class Task(StrEnum):
    """The name of every task."""

    DECODE_SONG = "chunker.decode_song"
    ANALYSE_SONG = "chunker.analyse_song"
    CUT_SONG = "chunker.cut_song"
    LEAVE_GAPS = "chunker.leave_gaps"
    COMPUTE_SPECTRA = "chunker.compute_spectra"
    BUILD_DATASET = "trainer.build_dataset"
    FIT_MODEL = "trainer.fit_model"
    WRITE_REPORT = "trainer.write_report"
    BUILD_POOL = "assembler.build_pool"
    SEQUENCE_MIX = "assembler.sequence_mix"
    RENDER_MIX = "assembler.render_mix"
    PREVIEW_SEAM = "assembler.preview_seam"
    VIEW_POOL = "assembler.view_pool"
    AIR_BLOCK = "assembler.air_block"

    @property
    def queue(self) -> Queue:
        """The queue whose workers run this task."""
        return Queue(self.value.split(".")[0])


TASK_OF: dict[Kind, Task] = {
    Kind.SONG: Task.DECODE_SONG,
    Kind.ANALYSIS: Task.ANALYSE_SONG,
    Kind.CUT: Task.CUT_SONG,
    Kind.GAPPED: Task.LEAVE_GAPS,
    Kind.SPECTRA: Task.COMPUTE_SPECTRA,
    Kind.DATASET: Task.BUILD_DATASET,
    Kind.MODEL: Task.FIT_MODEL,
    Kind.POOL: Task.BUILD_POOL,
    Kind.SEQUENCE: Task.SEQUENCE_MIX,
    Kind.MIX: Task.RENDER_MIX,
    Kind.PREVIEW: Task.PREVIEW_SEAM,
    Kind.VIEW: Task.VIEW_POOL,
    Kind.REPORT: Task.WRITE_REPORT,
    Kind.BLOCK: Task.AIR_BLOCK,
}


class Order(BaseModel):
    """The body of every message: make this artifact. Keys and parameters, never audio."""

    model_config = ConfigDict(frozen=True)

    tenant: str
    job: str
    spec: AnySpec
    origin: Origin = Origin()

    @property
    def artifact(self) -> Artifact:
        """The artifact that is ordered."""
        return self.spec.artifact(self.tenant)

    @property
    def task(self) -> Task:
        """The task that makes it."""
        return TASK_OF[self.artifact.kind]


def broker_url(settings: Settings) -> str:
    """Return Valkey's URL with its password in it."""
    if settings.valkey_password is None:
        return settings.valkey_url
    parts = urlsplit(settings.valkey_url)
    password = quote(settings.valkey_password.get_secret_value(), safe="")
    return urlunsplit(parts._replace(netloc=f":{password}@{parts.hostname}:{parts.port or 6379}"))


def make_app(service: str, settings: Settings | None = None, *, patient: bool = True) -> Celery:
    """Return the Celery application of a service.

    Args:
        service: its name, such as `services.chunker`; its tasks are in `<service>.tasks`.
        settings: those of the process unless given.
        patient: workers wait for Valkey for ever; the gateway gives up within 3 s.
    """
    settings = settings or get_settings()
    app = Celery(service, broker=broker_url(settings))
    app.conf.update(_common(settings, patient=patient))
    app.conf.include = [f"{service}.tasks"]
    return app


def _common(settings: Settings, *, patient: bool) -> dict[str, Any]:
    timeout_s = 30 if patient else 1
    names = [queue.value for queue in Queue]
    return {
        "task_queues": [KombuQueue(queue, Exchange(queue, "direct"), routing_key=queue) for queue in names],
        "task_create_missing_queues": False,
        "task_default_queue": Queue.CHUNKER.value,
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": False,  # A lost child is reported to the reconciler instead.
        "task_serializer": "json",
        "accept_content": ["json"],
        "enable_utc": True,
        "worker_prefetch_multiplier": 1,
        # A forked child hangs in TensorFlow; a solo worker cannot be cancelled.
        "worker_pool_start_method": "spawn",
        # A child that loads TensorFlow on a busy machine needs longer than the default 4 s.
        "worker_proc_alive_timeout": 120,
        # Children that fit grow with every segment; Celery takes KiB, and None for no limit.
        "worker_max_memory_per_child": settings.child_memory_bytes // 1024 or None,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_send_task_events": False,
        "worker_enable_remote_control": False,
        "worker_soft_shutdown_timeout": 20,
        "broker_connection_retry_on_startup": patient,
        "broker_connection_max_retries": None if patient else 0,
        "broker_connection_timeout": 5 if patient else 1,
        "broker_transport_options": {
            "global_keyprefix": settings.key_prefix,
            # A backstop only: leases and the reconciler find lost work within seconds.
            "visibility_timeout": LONGEST_TASK_S,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "unacked_mutex_expire": 10,
            "socket_timeout": timeout_s,
            "socket_connect_timeout": 5 if patient else 1,
            "socket_keepalive": True,
            "health_check_interval": 25,
            "retry_on_timeout": patient,
        },
    }


def send(app: Celery, order: Order) -> None:
    """Put an order on its queue.

    Raises:
        kombu.exceptions.OperationalError: Valkey is not reached.
    """
    app.send_task(
        order.task.value,
        kwargs={"order": order.model_dump(mode="json")},
        queue=order.task.queue.value,
        headers={ARTIFACT_HEADER: str(order.artifact)},
        retry=False,
    )
