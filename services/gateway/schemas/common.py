"""What all resources have in common: ids, pages, problems."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.bulk import Bounded

SONG_EXAMPLE = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
CUT_EXAMPLE = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
MODEL_EXAMPLE = "fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13"
POOL_EXAMPLE = "a4e624d686e03ed2767c0abd85c14426b0b1157d2ce81d27bb4fe4f6f01d688a"
MIX_EXAMPLE = "2ef7bde608ce5404e97d5f042f95f89f1c232871a1f2e2e7b0d2f1f4a7c1d9e3"
PREVIEW_EXAMPLE = "1b4f0e9851971998e732078544c96b36c3d01cedf7caa332359d6f1d83567014"
REPORT_EXAMPLE = "7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730"
POOL_DIGEST_EXAMPLE = "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"
JOB_EXAMPLE = "0b5d1c4e8f6a4b7c9d2e3f4a5b6c7d8e"
VOTE_EXAMPLE = "5f2b6a0e4d1c4c2f9b7e8a3d6c1f0e2b"
UPLOAD_EXAMPLE = "5c6b7a8d9e0f4a1b8c2d3e4f5a6b7c8d"
TIME_EXAMPLE = "2026-11-22T09:30:00Z"

DEFAULT_LIMIT, MAX_LIMIT = 50, 200


class Schema(BaseModel):
    """A document of the API."""

    model_config = ConfigDict(frozen=True)


class RequestSchema(Bounded, Schema):
    """The body of a request: names that it does not know are refused, and values of another type."""

    # JSON knows no infinity: what was stored with one would come back as null.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


Links = Annotated[
    dict[str, str],
    Field(description="Paths of what belongs to it, by name.", examples=[{"self": "/v1/..."}]),
]

Item = TypeVar("Item")


class Page(Schema, Generic[Item]):
    """Some of a list, and where to go on."""

    items: list[Item] = Field(description="What there is, from the cursor on.")
    next_cursor: str | None = Field(
        description="Give it as `cursor` to get the next page; null: this is the last.",
        examples=[SONG_EXAMPLE],
    )
    unreadable: list[str] = Field(
        default_factory=list,
        description="Keys in the store of records that belong on this page and cannot be read: damaged, or "
        "written by a later release.",
        examples=[[]],
    )


class FieldError(Schema):
    """What is wrong with one field of a request."""

    field: str = Field(description="Where it is in the request.", examples=["query.limit"])
    found: Any = Field(description="What was given; long values are cut short.", examples=["0"])
    needed: str = Field(description="What would do.", examples=["Input should be greater than or equal to 1"])


class Problem(Schema):
    """Why a request or a job failed (RFC 9457): what was found, what was needed, what to do."""

    type: str = Field(
        description="Names the kind of problem; its last part names a page of the documentation.",
        examples=["urn:segue:problem:not-found"],
    )
    title: str = Field(description="The kind of problem, for people.", examples=["Not found"])
    status: int = Field(description="The HTTP status that goes with it.", examples=[404])
    detail: str = Field(
        description="What was found, what was needed, and what to do.",
        examples=["There is no song '9f86d081884c'. List what there is, or check the id."],
    )
    instance: str | None = Field(
        None, description="The path of the request, or of the job that failed.", examples=["/v1/songs/9f86d0"]
    )
    request_id: str | None = Field(
        None,
        description="The request's id, as in the X-Request-ID header and in the logs.",
        examples=["b1946ac92492d234"],
    )
    errors: list[FieldError] | None = Field(
        None, description="Each field that was wrong, where there are several things to say.", examples=[None]
    )
