"""The checker finds what is planted, a loss, a duplicate, a half-write and others, and nothing else."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from tests.chaos.checker import Findings, Promise, Snapshot, check, compare, results
from tests.chaos.journal import Event

ONE, OTHER = "a" * 32, "b" * 32
JOB, CANCELLED = "1" * 32, "2" * 32
MIX = "t/local/mixes/" + "e" * 64 + "/"
PROMISES = [Promise("local", JOB), Promise("local", CANCELLED, cancelled=True)]


def bucket(objects: dict[str, bytes]) -> Snapshot:
    return Snapshot(
        sizes={key: len(data) for key, data in objects.items()},
        digests={key: hashlib.sha256(data).hexdigest() for key, data in objects.items()},
        documents={key: data for key, data in objects.items() if key.endswith(".json")},
    )


@pytest.fixture
def objects() -> dict[str, bytes]:
    sound = b"sound of a mix"
    payload = {"size_bytes": len(sound), "sha256": hashlib.sha256(sound).hexdigest()}
    manifest = {"attempt": ONE, "payloads": {"mix.mp3": payload}, "problem": None}
    ended = {"state": "succeeded", "result": {"mixes": ["e" * 64]}}
    return {
        f"t/local/jobs/{JOB}/accepted.json": b"{}",
        f"t/local/jobs/{JOB}/outcome.json": json.dumps(ended).encode(),
        f"t/local/jobs/{CANCELLED}/accepted.json": b"{}",
        f"t/local/jobs/{CANCELLED}/outcome.json": b'{"state": "cancelled", "result": {}}',
        f"{MIX}manifest.json": json.dumps(manifest).encode(),
        f"{MIX}{ONE}/mix.mp3": sound,
    }


def breaches(objects: dict[str, bytes], events: tuple[Event, ...] = (), seen=None) -> list[str]:
    return check(bucket(objects), PROMISES, events, seen or {}).breaches


def committed(attempt: str) -> Event:
    return Event(0.0, "artifact_committed", {"artifact": "local/mixes/" + "e" * 64, "attempt": attempt})


def test_nothing_is_found_where_all_is_well(objects):
    objects[f"{MIX}{OTHER}/mix.mp3"] = b"what a killed worker left"
    found = check(bucket(objects), PROMISES, [committed(ONE)], {MIX: {ONE}})
    assert found == Findings(states={"succeeded": 1, "cancelled": 1}, leftovers=1)


@pytest.mark.parametrize("record", ["accepted", "outcome"])
def test_a_lost_job_is_found(objects, record):
    del objects[f"t/local/jobs/{JOB}/{record}.json"]
    (breach,) = breaches(objects)
    assert JOB in breach
    assert ("lost" if record == "accepted" else "never ended") in breach


def test_a_lost_artifact_is_found(objects):
    del objects[f"{MIX}manifest.json"]
    found = breaches(objects, (committed(ONE),))
    assert any("not committed" in breach for breach in found)
    assert any("committed and is lost" in breach for breach in found)


@pytest.mark.parametrize("how", ["logged", "seen"])
def test_a_duplicate_is_found(objects, how):
    (breach,) = (
        breaches(objects, (committed(OTHER),)) if how == "logged" else breaches(objects, (), {MIX: {OTHER}})
    )
    assert "more than once" in breach


@pytest.mark.parametrize("rest", [None, b"sound of", b"sound of a mux"])
def test_a_half_write_is_found(objects, rest):
    del objects[f"{MIX}{ONE}/mix.mp3"]
    if rest is not None:
        objects[f"{MIX}{ONE}/mix.mp3"] = rest
    (breach,) = breaches(objects)
    assert "half there" in breach


def test_a_job_that_stays_open_is_found(objects):
    objects[f"t/local/jobs-open/{JOB}"] = b""
    (breach,) = breaches(objects)
    assert "still marked" in breach


@pytest.mark.parametrize(("job", "state"), [(CANCELLED, "succeeded"), (JOB, "cancelled")])
def test_a_cancel_that_did_not_stick_or_was_not_asked_for_is_found(objects, job, state):
    objects[f"t/local/jobs/{job}/outcome.json"] = json.dumps({"state": state, "result": {}}).encode()
    (breach,) = breaches(objects)
    assert job in breach


@pytest.mark.parametrize(("slug", "found"), [("gave-up", 0), ("not-audio", 1)])
def test_a_failure_is_allowed_only_after_all_starts(objects, slug, found):
    problem = {"slug": slug, "detail": "started 3 times"}
    ended = {"state": "failed", "result": {}, "problem": problem}
    objects[f"t/local/jobs/{JOB}/outcome.json"] = json.dumps(ended).encode()
    findings = check(bucket(objects), PROMISES, (), {})
    assert (len(findings.breaches), len(findings.gave_up)) == (found, 1 - found)


def test_other_bytes_than_in_peace_are_found(objects):
    disturbed = bucket(objects)
    folders = results(disturbed, PROMISES)
    assert folders == {MIX}
    assert compare(disturbed, disturbed, folders) == []
    manifest = json.loads(objects[f"{MIX}manifest.json"])
    manifest["payloads"]["mix.mp3"]["sha256"] = "0" * 64
    other = replace(disturbed, documents={f"{MIX}manifest.json": json.dumps(manifest).encode()})
    assert len(compare(disturbed, other, folders)) == 1
    assert len(compare(disturbed, bucket({}), folders)) == 1
