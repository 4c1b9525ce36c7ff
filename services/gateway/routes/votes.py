"""Votes: which of two mixes was liked better, and how often by what judged them."""

from __future__ import annotations

from fastapi import APIRouter, Response, status

from services.gateway import votes
from services.gateway.auth import Tenant
from services.gateway.dependencies import IdempotencyKey, TheBackend, documented
from services.gateway.paging import Cursor, Limit, page_of
from services.gateway.schemas.common import Page
from services.gateway.schemas.votes import Tally, Vote, VoteRequest

router = APIRouter(tags=["votes"])


@router.post("/votes", status_code=status.HTTP_201_CREATED, responses=documented(404))
def cast_vote(
    request: VoteRequest,
    response: Response,
    backend: TheBackend,
    tenant: Tenant,
    idempotency_key: IdempotencyKey = None,
) -> Vote:
    """Say which of two mixes is better, heard without knowing which is which.

    It is kept with what judged each of them, and counts after the mixes were deleted.
    """
    name, vote = votes.cast(backend, tenant, request, idempotency_key)
    response.headers["Location"] = f"/v1/votes/{name}"
    return votes.vote_view(name, vote)


@router.get("/votes", responses=documented())
def list_votes(backend: TheBackend, tenant: Tenant, limit: Limit = 50, cursor: Cursor = None) -> Page[Vote]:
    """List votes in the order of their ids."""

    def show(name: str) -> Vote:
        return votes.vote_view(name, votes.find_vote(backend, tenant, name))

    return page_of(votes.all_votes(backend, tenant, after=cursor), show, limit)


@router.get("/tally", responses=documented())
def get_tally(backend: TheBackend, tenant: Tenant) -> Tally:
    """Count whose mixes were liked better, by what judged them."""
    return votes.tally(backend, tenant)


@router.get("/votes/{vote_id}", responses=documented(404))
def get_vote(vote_id: str, backend: TheBackend, tenant: Tenant) -> Vote:
    """Show a vote."""
    return votes.vote_view(vote_id, votes.find_vote(backend, tenant, vote_id))


@router.delete("/votes/{vote_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(404))
def delete_vote(vote_id: str, backend: TheBackend, tenant: Tenant) -> None:
    """Take a vote back."""
    votes.forget(backend, tenant, vote_id)
