from __future__ import annotations

import json
import threading

from shared.metrics.catalogue import COUNTERS, HISTOGRAMS, QUEUES, STAGE_SECONDS, STAGE_STARTS, STORE_ERRORS
from shared.metrics.tally import NO_BOUND, SUM, Tally
from shared.queue import Queue

LABELS = ("cut", "committed")


def counted(tally: Tally) -> dict[tuple[str, ...], float]:
    return {tuple(json.loads(field)): amount for field, amount in tally.take().items()}


def test_what_is_taken_is_counted_once_and_what_is_put_back_again() -> None:
    tally = Tally()
    tally.count(STAGE_STARTS, "cut")
    tally.count(STAGE_STARTS, "cut", amount=2)
    taken = tally.take()
    assert tally.take() == {}
    tally.put_back(taken)
    tally.count(STAGE_STARTS, "cut")
    assert counted(tally) == {(STAGE_STARTS.name, "cut"): 4}


def test_a_duration_is_in_the_bucket_whose_bound_it_does_not_exceed() -> None:
    first, *_, last = STAGE_SECONDS.bounds_s
    for seconds, bucket in ((0.0, str(first)), (first, str(first)), (last, str(last)), (last + 1, NO_BOUND)):
        tally = Tally()
        tally.observe(STAGE_SECONDS, seconds, *LABELS)
        assert counted(tally) == {
            (STAGE_SECONDS.name, *LABELS, bucket): 1,
            (STAGE_SECONDS.name, *LABELS, SUM): seconds,
        }


def test_threads_lose_no_count() -> None:
    tally, threads = Tally(), []
    for _ in range(4):
        threads.append(
            threading.Thread(target=lambda: [tally.count(STAGE_STARTS, "cut") for _ in range(5000)])
        )
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert counted(tally) == {(STAGE_STARTS.name, "cut"): 20_000}


def test_names_and_labels_are_as_prometheus_has_them() -> None:
    assert tuple(queue.value for queue in Queue) == QUEUES
    assert all(counter.name.endswith("_total") for counter in COUNTERS)
    assert all(histogram.name.endswith("_seconds") for histogram in HISTOGRAMS)
    assert all(sorted(one.bounds_s) == list(one.bounds_s) for one in HISTOGRAMS)
    assert ("gateway", "full") in set(STORE_ERRORS.known_series())


def test_a_label_that_came_from_elsewhere_is_cut_to_size() -> None:
    tally = Tally()
    tally.count(STAGE_STARTS, "x" * 1000)
    ((_, label),) = counted(tally)
    assert len(label) == 64
