"""What listeners said of two mixes, heard without knowing which is which. A vote is kept for itself.

It names the mixes and tells what judged each of them, so that it counts after they were deleted. Nothing
rests on a vote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Literal

from pydantic import Field

from services.gateway import library
from services.gateway.backend import Backend
from services.gateway.names import is_id
from services.gateway.paging import readable
from services.gateway.problems import LONGEST_FOUND
from services.gateway.schemas.votes import Tally, TallyRow, Vote, VoteRequest
from shared.errors import BadSetting, KeyReused, NotFound
from shared.jobs.records import job_id
from shared.store import keys
from shared.store.documents import find_document
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Document, MixFacts
from shared.store.objects import to_json
from shared.store.specs import ChosenSpec, MixSpec

__all__ = ["VoteRecord", "all_votes", "cast", "find_vote", "forget", "tally", "tally_of", "vote_view"]

Choice = Literal["a", "b", "tie"]


class Side(Document):
    """One of two mixes, and what judged its transitions."""

    mix: str
    approach: str
    model: str | None
    """None: its record was gone when the vote was cast."""

    @property
    def judge(self) -> tuple[str, str | None]:
        """What a vote counts for."""
        return self.approach, self.model


class VoteRecord(Document):
    """A vote, as it is kept."""

    a: Side
    b: Side
    choice: Choice
    cast_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


def cast(backend: Backend, tenant: str, request: VoteRequest, key: str | None) -> tuple[str, VoteRecord]:
    """Keep a vote; return its id and what is kept. The same key gives the same vote.

    Raises:
        BadSetting: a mix is compared with itself.
        NotFound: a mix is not there.
        KeyReused: the key was sent before, with another vote.
    """
    if request.a == request.b:
        raise BadSetting(f"Mix {request.a} is compared with itself. Name two different mixes.")
    wished = VoteRecord(
        a=_side(backend, tenant, request.a), b=_side(backend, tenant, request.b), choice=request.choice
    )
    name = job_id(tenant, key)  # Votes are named as jobs are.
    if backend.store.create(keys.vote(tenant, name), to_json(wished)):
        return name, wished
    found = find_vote(backend, tenant, name)
    if (found.a.mix, found.b.mix, found.choice) != (request.a, request.b, request.choice):
        raise KeyReused(kind="vote", name=name)
    return name, found


def find_vote(backend: Backend, tenant: str, name: str) -> VoteRecord:
    """Return a vote.

    Raises:
        NotFound: there is none.
    """
    found = find_document(backend.store, VoteRecord, keys.vote(tenant, name)) if is_id(name) else None
    if found is None:
        raise NotFound("vote", name[:LONGEST_FOUND])
    return found


def all_votes(backend: Backend, tenant: str, *, after: str | None = None) -> Iterator[str]:
    """Yield the ids of a tenant's votes, in order, from after one of them."""
    for stored in backend.store.list(keys.votes_folder(tenant)):
        name = stored.key.rsplit("/", 1)[-1].removesuffix(".json")
        if after is None or name > after:
            yield name


def forget(backend: Backend, tenant: str, name: str) -> None:
    """Take a vote back.

    Raises:
        NotFound: there is none.
    """
    find_vote(backend, tenant, name)
    backend.store.delete(keys.vote(tenant, name))


def tally(backend: Backend, tenant: str) -> Tally:
    """Count all votes of a tenant that can be read."""
    names = all_votes(backend, tenant)
    return tally_of(vote for _, vote in readable(names, lambda name: find_vote(backend, tenant, name)))


def tally_of(votes: Iterable[VoteRecord]) -> Tally:
    """Count for whom votes were cast: by what judged the mixes, where the two were judged differently.

    Those that won the larger part come first; a tie is half a win.
    """
    counts: dict[tuple[str, str | None], dict[str, int]] = {}
    for vote in votes:
        if vote.a.judge == vote.b.judge:
            continue
        for side, mine in ((vote.a, "a"), (vote.b, "b")):
            what = "tied" if vote.choice == "tie" else "won" if vote.choice == mine else "lost"
            counts.setdefault(side.judge, {"won": 0, "lost": 0, "tied": 0})[what] += 1
    rows = [TallyRow(approach=approach, model=model, **count) for (approach, model), count in counts.items()]
    return Tally(rows=sorted(rows, key=lambda row: (-row.share, row.approach, row.model or "")))


def vote_view(name: str, vote: VoteRecord) -> Vote:
    """Show a vote."""
    path = f"/v1/votes/{name}"
    links = {"self": path, "a": f"/v1/mixes/{vote.a.mix}", "b": f"/v1/mixes/{vote.b.mix}"}
    told = {"a": vote.a.mix, "b": vote.b.mix, "choice": vote.choice, "cast_at": vote.cast_at}
    return Vote(id=name, approaches=[vote.a.approach, vote.b.approach], links=links, **told)


def _side(backend: Backend, tenant: str, key: str) -> Side:
    mix = library.made(backend, tenant, Kind.MIX, key)
    assert isinstance(mix.spec, MixSpec)
    sequence = backend.artifacts.find(Artifact(tenant, Kind.SEQUENCE, mix.spec.sequence))
    spec = sequence.spec if sequence is not None else None
    model = spec.model if isinstance(spec, ChosenSpec) else None
    return Side(mix=key, approach=mix.expect(MixFacts).approach, model=model)
