"""Figures of several processes over one Valkey: right sums, the same from every gateway, through outages."""

from __future__ import annotations

import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.errors import QueueUnavailable
from shared.jobs.leases import Leases, connect_valkey
from shared.metrics import sums
from shared.metrics.catalogue import COUNTERS, HISTOGRAMS, STAGE_SECONDS, STAGE_STARTS
from shared.metrics.tally import TALLY, Tally
from shared.queue import Queue
from shared.store.keys import Artifact, Kind
from tests.integration.gateway.conftest import upload
from tests.support.gateway import running_gateway
from tests.support.keys import locked_gateway

pytestmark = pytest.mark.integration


def figures(api, of="all") -> dict[tuple[str, ...], float]:
    """Return every sample: its name, then the values of its labels, sorted by the labels' names."""
    answer = api.get("/metrics", params={"of": of})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def leases(settings) -> Leases:
    TALLY.take()  # What earlier tests of this process have counted.
    return Leases(connect_valkey(settings), settings)


def test_what_several_workers_counted_is_summed_up_and_told_by_every_gateway(api, leases, settings):
    for seconds in (0.1, 3.0, 2000.0):
        worker = Tally()
        worker.count(STAGE_STARTS, "cut")
        worker.observe(STAGE_SECONDS, seconds, "cut", "committed")
        sums.send(leases, worker)
    with running_gateway(settings) as other:
        told = [figures(gateway, "installation") for gateway in (api, other)]
    for found in told:
        assert found["segue_stage_starts_total", "cut"] == 3
        assert found["segue_stage_starts_total", "mix"] == 0, "known before the first one"
        assert found["segue_stage_seconds_sum", "cut", "committed"] == pytest.approx(2003.1)
        buckets = [found["segue_stage_seconds_bucket", "cut", le, "committed"] for le in ("0.25", "5", "900")]
        assert buckets == [1, 2, 2]
        assert found["segue_stage_seconds_count", "cut", "committed"] == 3


def test_what_is_one_for_all_gateways_is_asked_for_apart_from_what_adds_up(api, leases):
    installation, process = figures(api, "installation"), figures(api, "process")
    assert {"segue_workers", "segue_open_jobs", "segue_store_errors_total"} <= {
        key[0] for key in installation
    }
    assert {"segue_radio_listeners", "process_resident_memory_bytes"} <= {key[0] for key in process}
    assert not {key[0] for key in installation} & {key[0] for key in process}
    assert figures(api).keys() >= installation.keys() | process.keys()
    declared = {name for one in HISTOGRAMS for name in (f"{one.name}_bucket", f"{one.name}_sum")}
    declared |= {one.name for one in COUNTERS if all(one.labels.values())}
    assert declared <= {key[0] for key in installation}
    assert api.get("/metrics", params={"of": "nothing"}).status_code == 422


def test_a_valkey_that_was_emptied_begins_at_nought(api, leases):
    worker = Tally()
    worker.count(STAGE_STARTS, "cut", amount=5)
    sums.send(leases, worker)
    leases.valkey.delete(f"{leases.prefix}metrics")
    assert figures(api)["segue_stage_starts_total", "cut"] == 0
    worker.count(STAGE_STARTS, "cut")
    sums.send(leases, worker)
    assert figures(api)["segue_stage_starts_total", "cut"] == 1


def test_what_is_counted_while_valkey_is_away_is_added_later(api, leases, settings):
    gone = settings.model_copy(update={"valkey_url": "redis://127.0.0.1:1/0"})
    worker = Tally()
    worker.count(STAGE_STARTS, "pool", amount=7)
    with pytest.raises(QueueUnavailable):
        sums.send(Leases(connect_valkey(gone), gone), worker)
    sums.send(leases, worker)
    assert figures(api)["segue_stage_starts_total", "pool"] == 7


def test_a_gateway_tells_which_server_is_away_and_nothing_that_it_does_not_know(settings, leases):
    with running_gateway(settings.model_copy(update={"valkey_url": "redis://127.0.0.1:1/0"})) as api:
        found = figures(api)
        assert (found["segue_valkey_up",], found["segue_store_up",]) == (0, 1)
        assert not {"segue_workers", "segue_open_jobs"} & {key[0] for key in found}
    # Without the store nobody can be looked up, but for the operator, whose key Prometheus has.
    with locked_gateway(settings, s3_endpoint="127.0.0.1:1") as door:
        figures(door.operator)  # The listing that fails is counted for the next scrape.
        found = figures(door.operator)
        assert (found["segue_valkey_up",], found["segue_store_up",]) == (1, 0)
        assert found["segue_store_errors_total", "unreachable", "gateway"] >= 1
        assert "segue_open_jobs" not in {key[0] for key in found}


def test_jobs_and_queues_are_told_as_they_are(api, maker, leases):
    for number in range(3):
        upload(api, f"song {number}".encode(), f"{number}.mp3")
    oldest = min(leases.queued(Queue.CHUNKER).values())
    found = figures(api)
    assert (found["segue_open_jobs", "queued"], found["segue_open_jobs", "running"]) == (3, 0)
    assert found["segue_jobs_accepted_total",] == 3
    waiting = found["segue_queued_messages", "chunker"]
    assert 1 <= waiting == len(leases.queued(Queue.CHUNKER))
    assert 0 < found["segue_oldest_queued_seconds", "chunker"] <= time.time() - oldest
    assert found["segue_oldest_queued_seconds", "trainer"] == 0
    assert 0 < found["segue_oldest_open_job_seconds",] < 60

    song = next(iter(leases.queued(Queue.CHUNKER)))
    assert leases.start(song, "token")
    found = figures(api)
    assert (found["segue_open_jobs", "queued"], found["segue_open_jobs", "running"]) == (2, 1)
    assert found["segue_running_tasks", "song"] == 1
    assert (found["segue_open_tasks", "chunker"], found["segue_open_tasks", "trainer"]) == (waiting, 0)
    leases.end(song, "token")
    assert figures(api)["segue_running_tasks", "song"] == 0


def test_a_lease_that_is_not_renewed_is_no_running_task(settings):
    short = settings.model_copy(update={"lease_s": 0.1})
    leases = Leases(connect_valkey(short), short)
    cut = Artifact("local", Kind.CUT, "0" * 64)
    leases.start(cut, "token")
    assert leases.all_running() == {cut}
    time.sleep(0.2)
    assert leases.all_running() == set()


def test_a_worker_that_was_killed_is_told_by_its_silence(api, leases, valkey):
    assert figures(api)["segue_oldest_heartbeat_seconds", "trainer"] == 0
    leases.seen(Queue.TRAINER, "alive")
    valkey.zadd(f"{leases.prefix}workers:trainer", {"killed": time.time() - 60})
    found = figures(api)
    assert 60 <= found["segue_oldest_heartbeat_seconds", "trainer"] < 90
    assert found["segue_workers", "trainer"] == 1
