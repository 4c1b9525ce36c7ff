"""Settings of every service: environment variables `SEGUE_*`, or files of the same names in lower case.

Secrets may come from files (`/run/secrets/segue_s3_secret_key`), as Docker mounts them.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRETS_FOLDER = Path("/run/secrets")
LEAST_SECRET = 32


class Settings(BaseSettings):
    """What can be set, with units in the names."""

    model_config = SettingsConfigDict(
        env_prefix="SEGUE_", secrets_dir=SECRETS_FOLDER if SECRETS_FOLDER.is_dir() else None, extra="ignore"
    )

    # Servers
    valkey_url: str = Field(
        "redis://127.0.0.1:6379/0", description="Valkey or Redis: queues, leases, progress."
    )
    valkey_password: SecretStr | None = Field(None, description="Password of Valkey, if it has one.")
    key_prefix: str = Field("segue:", description="Put before every key in Valkey, so that it can be shared.")
    s3_endpoint: str = Field("127.0.0.1:9000", description="Host and port of the S3 server.")
    s3_access_key: str = Field("segue", description="S3 access key.")
    s3_secret_key: SecretStr = Field(SecretStr(""), description="S3 secret key.")
    s3_bucket: str = Field("segue", description="The one bucket; it is made when missing.")
    s3_region: str = Field("us-east-1", description="S3 region.")
    s3_secure: bool = Field(False, description="Speak TLS to the S3 server.")

    # The gateway
    host: str = Field("127.0.0.1", description="Address that the gateway listens on.")
    port: int = Field(8000, description="Port that the gateway listens on.")
    auth: Literal["auto", "keys"] = Field(
        "auto",
        description="Who is asked for a key. auto: nobody on loopback until the first key is made, everyone "
        "elsewhere; keys: everyone.",
    )
    allow_open: bool = Field(
        False, description="Ask nobody for a key until the first one is made, whatever the address."
    )
    hosts: str = Field(
        "",
        description="Names by which an open gateway may be called beside 127.0.0.1, [::1] and localhost, by "
        "commas, without ports; *: any. Once keys are asked for, any name will do.",
    )
    admin_key: SecretStr | None = Field(
        None, description="The operator's own key, of 32 characters or more: makes and revokes keys."
    )
    session_secret: SecretStr | None = Field(
        None,
        description="Signs the cookies of pages; of 32 characters or more, the same for all gateways of an "
        "installation. Unset: drawn at random by each process.",
    )

    # Quotas of each tenant
    quota_stored_bytes: int | None = Field(
        None, ge=0, description="Bytes stored; 0: any. Unset: 20 GB, and any for the tenant `local`."
    )
    quota_open_jobs: int | None = Field(
        None, ge=0, description="Jobs that have not ended; 0: any. Unset: 500, and any for `local`."
    )
    quota_requests_per_minute: int | None = Field(
        None, ge=0, description="Requests a minute; 0: any. Unset: 600, and any for `local`."
    )
    quota_streams: int | None = Field(
        None,
        ge=0,
        description="Job events and radios listened to at once; 0: any. Unset: 100, and any for `local`.",
    )
    quota_requests_at_once: int | None = Field(
        None,
        ge=0,
        description="Requests under way, uploads and streams left out; 0: any. Unset: a quarter of "
        "SEGUE_MOST_REQUESTS, and any for `local`.",
    )
    quota_uploads_at_once: int | None = Field(
        None,
        ge=0,
        description="Uploads under way; 0: any. Unset: a quarter of SEGUE_MOST_UPLOADS, and any for `local`.",
    )

    # What one gateway takes on at once, whoever asks; 0: any number
    most_requests: int = Field(
        256,
        ge=0,
        description="Requests under way, uploads and streams left out; more are answered 503. Those for keys "
        "and those outside the API have as many places of their own.",
    )
    most_uploads: int = Field(
        64, ge=0, description="Uploads under way, of which a few are stored at a time; more are answered 503."
    )
    most_streams: int = Field(
        1000, ge=0, description="Streams of job events and of radios; more are answered 503."
    )
    most_open_jobs: int = Field(
        10_000, ge=0, description="Jobs of all tenants that have not ended; more are answered 503."
    )

    # Radios
    most_radios: int = Field(
        20, description="Radios of different pools or seeds that one gateway has on air, however many listen."
    )
    radio_paced: bool = Field(
        True, description="Radios are sent in real time; false: as fast as they are made, for tests."
    )

    # Limits of a song
    max_upload_bytes: int = Field(200_000_000, description="Largest upload, in bytes.")
    max_song_s: float = Field(3 * 3600.0, description="Longest song, in seconds.")
    max_decoder_memory_bytes: int = Field(2 * 1024**3, description="Address space of the decoding child.")
    max_decoder_s: float = Field(600.0, description="Wall-clock seconds that decoding one song may take.")

    # Work
    worker_children: int = Field(
        0, description="Tasks that a worker runs at once; 0: the chunker one per core, the others one."
    )
    worker_threads: int = Field(0, description="Threads per worker child; 0: all cores of the machine.")
    child_memory_bytes: int = Field(
        2 * 1024**3,
        description="A worker's child that has held so much memory ends after its task, and a new one takes "
        "its place; 0: never.",
    )
    segment_s: float = Field(180.0, description="Training runs in segments of this many seconds.")
    checkpoint_s: float = Field(30.0, description="Within a segment, a checkpoint is stored this often.")
    reconcile_s: float = Field(2.0, description="Seconds between two looks of the reconciler.")
    lease_s: float = Field(20.0, description="Seconds that a running task's lease lives without renewal.")

    otlp_endpoint: str | None = Field(
        None,
        description="Where traces are sent by OTLP over HTTP: http://collector:4318; unset: nowhere.",
    )
    deaf_after_s: float = Field(
        30.0, description="A worker that has not heard its queue for so many seconds is told to be deaf."
    )

    log_format: Literal["pretty", "json"] = Field("json", description="How logs are written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")

    @field_validator("admin_key", "session_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        """Take an empty secret for none, and refuse one that could be guessed."""
        if value is None or not value.get_secret_value().strip():
            return None
        if len(value.get_secret_value().strip()) < LEAST_SECRET:
            raise ValueError(f"a secret needs {LEAST_SECRET} characters or more; `make secrets` draws them")
        return SecretStr(value.get_secret_value().strip())


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()
