"""What must hold of a bucket after any faults, whoever was killed in between.

Pure: it is given what lies in the bucket, what clients were told and what was seen, and returns every
breach as a sentence. So it can be shown to find what is planted.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.store.keys import Kind
from shared.store.objects import ObjectStore
from tests.chaos.journal import Event

REPEATABLE = (Kind.SONG, Kind.CUT, Kind.SEQUENCE, Kind.MIX)
"""Kinds whose bytes are promised to be the same whenever they are made."""
_MANIFEST = re.compile(r"t/[^/]+/[^/]+/[^/]+/manifest\.json")
_RECORD = re.compile(r"t/[^/]+/jobs/[^/]+/[a-z]+\.json")
_OPEN = re.compile(r"t/[^/]+/jobs-open/([^/]+)")


@dataclass
class Promise:
    """What a client was told of one job."""

    tenant: str
    job: str
    cancelled: bool = False
    """Its cancel was answered with success."""


@dataclass(frozen=True)
class Snapshot:
    """What lies in a bucket: the size and SHA-256 of every object, and those that are documents."""

    sizes: Mapping[str, int]
    digests: Mapping[str, str]
    documents: Mapping[str, bytes]

    @property
    def manifests(self) -> dict[str, dict[str, Any]]:
        """Every manifest by its folder."""
        return {
            key.removesuffix("manifest.json"): json.loads(data)
            for key, data in self.documents.items()
            if _MANIFEST.fullmatch(key)
        }


@dataclass
class Findings:
    """What was found: breaches of what is promised, and what is allowed and counted."""

    breaches: list[str] = field(default_factory=list)
    gave_up: list[str] = field(default_factory=list)
    """Jobs that failed because a step of theirs was killed or failed in all of its starts."""
    states: dict[str, int] = field(default_factory=dict)
    leftovers: int = 0
    """Attempts that no manifest names: invisible, and collected as garbage."""


def take_snapshot(store: ObjectStore) -> Snapshot:
    """Read the whole of a bucket."""
    sizes: dict[str, int] = {}
    digests: dict[str, str] = {}
    documents: dict[str, bytes] = {}
    for stored in list(store.list("t/")):
        data = store.get(stored.key)
        sizes[stored.key], digests[stored.key] = len(data), hashlib.sha256(data).hexdigest()
        if _MANIFEST.fullmatch(stored.key) or _RECORD.fullmatch(stored.key):
            documents[stored.key] = data
    return Snapshot(sizes, digests, documents)


def check(
    snapshot: Snapshot, promises: Iterable[Promise], events: Iterable[Event], seen: Mapping[str, set[str]]
) -> Findings:
    """Check everything that one bucket alone can show.

    Args:
        snapshot: the bucket, once nothing is open any more.
        promises: what clients were told.
        events: what services told in their logs.
        seen: of each manifest, the attempts that it was seen to name while faults went on.
    """
    findings = Findings()
    for promise in promises:
        findings.breaches += _of_job(snapshot, promise, findings)
    findings.breaches += _of_open_marks(snapshot)
    for folder, manifest in snapshot.manifests.items():
        findings.breaches += _of_artifact(snapshot, folder, manifest, findings)
    findings.breaches += _of_commits(snapshot, events, seen)
    return findings


def _of_job(snapshot: Snapshot, promise: Promise, findings: Findings) -> Iterator[str]:
    folder = f"t/{promise.tenant}/jobs/{promise.job}/"
    if folder + "accepted.json" not in snapshot.documents:
        yield f"job {promise.job} was accepted and is lost"
        return
    if folder + "outcome.json" not in snapshot.documents:
        yield f"job {promise.job} never ended"
        return
    outcome = json.loads(snapshot.documents[folder + "outcome.json"])
    state = outcome["state"]
    findings.states[state] = findings.states.get(state, 0) + 1
    if promise.cancelled != (state == "cancelled"):
        asked = "was cancelled" if promise.cancelled else "was not cancelled"
        yield f"job {promise.job} {asked} and is {state}"
    elif state == "failed":
        if outcome["problem"]["slug"] == "gave-up":
            findings.gave_up.append(f"{promise.job}: {outcome['problem']['detail']}")
        else:
            yield f"job {promise.job} failed: {outcome['problem']}"
    elif state == "succeeded":
        for kind, keys in outcome["result"].items():
            for key in keys:
                if f"t/{promise.tenant}/{kind}/{key}/manifest.json" not in snapshot.documents:
                    yield f"job {promise.job} succeeded, but its {kind} {key} is not committed"


def _of_open_marks(snapshot: Snapshot) -> Iterator[str]:
    for key in snapshot.sizes:
        if found := _OPEN.fullmatch(key):
            yield f"job {found[1]} is still marked as open"


def _of_artifact(
    snapshot: Snapshot, folder: str, manifest: dict[str, Any], findings: Findings
) -> Iterator[str]:
    named = manifest["attempt"]
    for name, payload in manifest["payloads"].items():
        key = f"{folder}{named}/{name}"
        if key not in snapshot.sizes:
            yield f"{key} is half there: its manifest names it, and it is missing"
        elif (snapshot.sizes[key], snapshot.digests[key]) != (payload["size_bytes"], payload["sha256"]):
            yield f"{key} is half there: it is not the {payload['size_bytes']} bytes of its manifest"
    inside = {key.removeprefix(folder).split("/")[0] for key in snapshot.sizes if key.startswith(folder)}
    attempts = {name for name in inside if re.fullmatch(r"[0-9a-f]{32}", name)}
    findings.leftovers += len(attempts - {named})


def _of_commits(snapshot: Snapshot, events: Iterable[Event], seen: Mapping[str, set[str]]) -> Iterator[str]:
    """Of each artifact one attempt is ever the one that counts, for whoever looked."""
    named = defaultdict(set, {folder: set(attempts) for folder, attempts in seen.items()})
    for event in events:
        if event.what in ("artifact_committed", "artifact_lost"):
            named[f"t/{event.facts['artifact']}/"].add(event.facts["attempt"])
    manifests = snapshot.manifests
    for folder, attempts in named.items():
        if folder not in manifests:
            yield f"{folder} was committed and is lost"
            continue
        attempts = attempts | {manifests[folder]["attempt"]}
        if len(attempts) > 1:
            yield f"{folder} was committed more than once: {', '.join(sorted(attempts))}"


def results(snapshot: Snapshot, promises: Iterable[Promise]) -> set[str]:
    """Return the folders of all repeatable artifacts that jobs which succeeded told as their results."""
    folders = set()
    for promise in promises:
        data = snapshot.documents.get(f"t/{promise.tenant}/jobs/{promise.job}/outcome.json", b"{}")
        for kind, keys in json.loads(data).get("result", {}).items():
            if kind in REPEATABLE:
                folders |= {f"t/{promise.tenant}/{kind}/{key}/" for key in keys}
    return folders


def compare(disturbed: Snapshot, undisturbed: Snapshot, folders: Iterable[str]) -> list[str]:
    """Return what was made otherwise, or not at all, in peace and with the models that there are."""
    before, after = disturbed.manifests, undisturbed.manifests
    breaches = []
    for folder in sorted(folders):
        if folder not in after:
            breaches.append(f"{folder} was not made again")
        elif before[folder]["payloads"] != after[folder]["payloads"]:
            breaches.append(f"{folder} has other bytes than in peace")
    return breaches
