"""Why a request is turned away before any route sees it, or because a tenant has had its share."""

from __future__ import annotations

from shared.errors import SegueError

__all__ = [
    "GatewayBusy",
    "KeyNeeded",
    "KeyRefused",
    "OperatorOnly",
    "QuotaReached",
    "Refusal",
    "RequestSlow",
    "RequestTooLarge",
    "StorageFull",
    "TooManyAtOnce",
    "TooManyInAll",
    "TooManyJobs",
    "TooManyRequests",
    "TooManyStreams",
    "TooMuchInHand",
    "WrongHost",
]


class Refusal(SegueError):
    """The root of what an operator may want to read of in the log."""


class KeyNeeded(Refusal):
    """A request came without a key."""

    slug = "key-needed"
    title = "A key is needed"

    def __init__(self) -> None:
        super().__init__(
            "No key came with the request. Send yours in the header `Authorization: Bearer segue_...`; the "
            "command line takes it from SEGUE_KEY or SEGUE_KEY_FILE. The operator makes one with `segue keys "
            "make NAME`."
        )


class KeyRefused(KeyNeeded):
    """The key that came is none, or not any more. Which of these it is, is not told."""

    slug = "key-refused"
    title = "This key does not open anything"

    def __init__(self) -> None:
        SegueError.__init__(
            self,
            "The key that came with the request was never made here, or was revoked. Check that it is whole, "
            "and ask the operator for another if it is.",
        )


class OperatorOnly(Refusal):
    """A route that manages the installation was asked by one of its tenants."""

    slug = "operator-only"
    title = "Only the operator may do this"

    def __init__(self) -> None:
        super().__init__(
            "This is the operator's. Send the key that the gateway knows as SEGUE_ADMIN_KEY; `segue keys` "
            "takes it from there, from SEGUE_ADMIN_KEY_FILE, or from the data folder of a local stack."
        )


class WrongHost(Refusal):
    """A request that needs no key names a host that the gateway does not go by."""

    slug = "wrong-host"
    title = "This is not the address of the gateway"

    def __init__(self) -> None:
        super().__init__(
            "The gateway asks for no key, so it answers to 127.0.0.1, [::1], localhost and the names in "
            "SEGUE_HOSTS alone. Use one of these; set SEGUE_HOSTS to the name that you use, several by "
            "commas, * for any; or make a key, after which any name will do."
        )


class RequestTooLarge(Refusal):
    """The body of the request is larger than any but an upload may be."""

    slug = "request-entity-too-large"
    title = "Request Entity Too Large"

    def __init__(self, *, most_bytes: int) -> None:
        super().__init__(
            f"The request has more than {most_bytes / 1e6:.1f} MB, and none but uploads may. Send songs to "
            "`POST /v1/songs`, and ask for less in one request."
        )


class RequestSlow(Refusal):
    """The body of a request, no upload, did not come in time."""

    slug = "request-slow"
    title = "The request is too slow"

    def __init__(self, *, waited_s: float) -> None:
        super().__init__(
            f"The request's body was not whole after {waited_s:g} s, and nothing of it was done. Send it "
            "again, as long as its Content-Length says; ask for less at once if the line is slow."
        )


class QuotaReached(Refusal):
    """A tenant has had its share. `retry_after_s`: seconds after which it may be worth to ask again."""

    retry_after_s = 60


class StorageFull(QuotaReached):
    """A tenant stores as much as it may."""

    slug = "storage-full"
    title = "There is no room left"

    def __init__(self, *, stored_bytes: int, limit_bytes: int) -> None:
        super().__init__(
            f"{stored_bytes / 1e9:.3g} GB are stored for this key, or would be; {limit_bytes / 1e9:.3g} GB "
            "may be. Delete songs, cuts, models or mixes and collect garbage (`segue gc`), or ask the "
            "operator for more (SEGUE_QUOTA_STORED_BYTES)."
        )


class TooManyJobs(QuotaReached):
    """A tenant has as many open jobs as it may."""

    slug = "too-many-jobs"
    title = "Too many jobs are open"
    retry_after_s = 30

    def __init__(self, *, found: int, limit: int) -> None:
        super().__init__(
            f"{found} jobs of this key are open; {limit} may be. Wait until some have ended, cancel some, or "
            "ask the operator for more (SEGUE_QUOTA_OPEN_JOBS)."
        )


class TooManyRequests(QuotaReached):
    """A tenant asks more often than it may."""

    slug = "too-many-requests"
    title = "Too many requests"

    def __init__(self, *, limit: int, wait_s: int) -> None:
        self.retry_after_s = wait_s
        super().__init__(
            f"More than {limit} requests came within a minute with this key. Wait {wait_s} s; follow jobs by "
            "their events rather than by asking, or ask the operator for more "
            "(SEGUE_QUOTA_REQUESTS_PER_MINUTE)."
        )


class TooManyAtOnce(QuotaReached):
    """A tenant has as many requests, or uploads, under way as it may."""

    slug = "too-many-at-once"
    title = "Too many requests at once"
    retry_after_s = 2

    def __init__(self, *, what: str, limit: int, setting: str) -> None:
        super().__init__(
            f"{limit} {what} of this key's are under way, and no more may be at once. Read their answers to "
            f"the end, or ask the operator for more ({setting})."
        )


class TooManyStreams(QuotaReached):
    """A tenant listens to as many streams as it may."""

    slug = "too-many-streams"
    title = "Too many streams are open"
    retry_after_s = 5

    def __init__(self, *, limit: int) -> None:
        super().__init__(
            f"{limit} streams of this key's, job events and radios, are open, and no more may be. Close "
            "some, or ask the operator for more (SEGUE_QUOTA_STREAMS)."
        )


class GatewayBusy(Refusal):
    """The gateway has as much on its hands as it takes, whoever asks.

    Attributes:
        retry_after_s: seconds after which to ask again.
    """

    slug = "busy"
    title = "The gateway is busy"
    retry_after_s = 2

    def __init__(self, *, what: str, limit: int, setting: str) -> None:
        self.what = what
        super().__init__(
            f"{limit} {what} are under way, and no more are let in at once. Nothing of this one was done: "
            f"send it again in {self.retry_after_s} s. The operator sets how many there may be ({setting})."
        )


class TooManyInAll(GatewayBusy):
    """As many jobs are open, of all tenants, as may be."""

    slug = "too-many-jobs-in-all"
    title = "Too many jobs are open"
    retry_after_s = 30

    def __init__(self, *, found: int, limit: int) -> None:
        SegueError.__init__(
            self,
            f"{found} jobs of all who work here are open; {limit} may be. Nothing of this request was done: "
            f"send it again in {self.retry_after_s} s. The operator sets how many there may be "
            "(SEGUE_MOST_OPEN_JOBS).",
        )


class TooMuchInHand(GatewayBusy):
    """The bodies of the requests that are under way fill as much memory as they may."""

    def __init__(self, *, most_bytes: int) -> None:
        SegueError.__init__(
            self,
            f"The requests that are under way have {most_bytes / 1e6:.0f} MB together, and no more is held. "
            f"Nothing of this one was done: send it again in {self.retry_after_s} s.",
        )
