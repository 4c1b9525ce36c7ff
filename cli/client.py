"""The gateway's API over HTTP: one method per call, problem documents as errors."""

from __future__ import annotations

import importlib.metadata
import ipaddress
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

import httpx

from cli.documents import Document, Job, Problem, Song
from cli.errors import ApiProblem, NoGateway
from cli.following import parse_events

BLOCK_BYTES = 256 * 1024
PAGE = 200
TIMEOUT = httpx.Timeout(60.0, connect=5.0)
QUIET_S = 40.0
"""An event stream that says nothing for so long is dead: the gateway sends a comment every 15 s."""
SUBMIT_TRIES = 3
HASTY_TRIES, LONGEST_WAIT_S = 8, 60.0
"""Who has asked too often waits, each time so long at most, and asks again so often."""

Count = Callable[[int], None]
"""Told how many bytes have gone since it was called last."""


class Gateway:
    """A gateway. Use as a context manager.

    Args:
        url: its address, such as `http://127.0.0.1:8000`.
        key: goes with every request; None: none does.
        transport: what carries the requests; None: the network.
        pause: waits so many seconds between tries.

    Every method raises `NoGateway` when the gateway does not answer, and `ApiProblem` when it answers with a
    problem document.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url, self._pause = url.rstrip("/"), pause
        self._http = httpx.Client(
            base_url=f"{self.url}/v1/",
            transport=transport,
            timeout=TIMEOUT,
            trust_env=not is_loopback(self.url),  # No proxy reaches this machine's own loopback.
            headers={"User-Agent": f"segue/{version()}"}
            | ({"Authorization": f"Bearer {key}"} if key else {}),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def is_segue(self) -> bool:
        """Tell whether what answers at the address is Segue."""
        try:
            answer = self._http.get(f"{self.url}/openapi.json", timeout=5.0)
            return answer.is_success and answer.json()["info"]["title"] == "Segue"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
            return False

    def upload(self, path: Path, *, count: Count = lambda sent: None) -> Song:
        """Upload a file as a song; return it as `received`, or as it is if its bytes were there."""
        with path.open("rb") as file:
            headers = {
                "Content-Length": str(path.stat().st_size),
                "Content-Type": "application/octet-stream",
            }
            params = {"name": os.fsencode(path.name).decode(errors="replace")}
            content = _Blocks(file, count)
            return cast(Song, self._ask("POST", "songs", params=params, content=content, headers=headers))

    def song(self, song_id: str) -> Song:
        """Return a song."""
        return cast(Song, self.get("songs", song_id))

    def get(self, resource: str, identifier: str) -> Document:
        """Return one thing of a resource: `songs`, `cuts`, `pools`, `models`, `reports`, `mixes`, `jobs`."""
        return self.document(f"{resource}/{identifier}")

    def document(self, path: str) -> Document:
        """Return a JSON document by its path below `/v1/`."""
        return cast(Document, self._ask("GET", path))

    def items(self, resource: str, **filters: str) -> Iterator[Document]:
        """Yield all of a resource, page by page."""
        cursor: str | None = None
        while True:
            params = {"limit": str(PAGE), **filters} | ({"cursor": cursor} if cursor else {})
            page = self._ask("GET", resource, params=params)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def put(self, path: str, document: Document) -> Document:
        """Put a JSON document in the place of what is at a path below `/v1/`; return it as it is kept."""
        return cast(Document, self._ask("PUT", path, json=document))

    def delete(self, resource: str, identifier: str) -> None:
        """Delete one thing of a resource."""
        self._ask("DELETE", f"{resource}/{identifier}")

    def submit(self, resource: str, request: Document) -> Job:
        """Ask for work; return its job.

        An answer that was lost is asked for again; the Idempotency-Key keeps that from making a second job.
        """
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        for tries_left in reversed(range(SUBMIT_TRIES)):
            try:
                return cast(Job, self._ask("POST", resource, json=request, headers=headers))
            except (NoGateway, ApiProblem) as error:
                away = isinstance(error, NoGateway) or error.is_unavailability
                if not away or not tries_left:
                    raise
                self._pause(1.0)
        raise AssertionError("the last try returns or raises")

    def pretrained(self, approach: str) -> Document:
        """Return a shipped model of an approach."""
        return cast(Document, self._ask("POST", "models/pretrained", json={"approach": approach}))

    def job(self, job_id: str) -> Job:
        """Return a job as it is now."""
        return cast(Job, self.get("jobs", job_id))

    def job_events(self, job_id: str) -> Iterator[Job]:
        """Yield a job as it is now and whenever it changes, as long as the stream lasts."""
        timeout = httpx.Timeout(TIMEOUT.connect, read=QUIET_S)
        with self._stream(f"jobs/{job_id}/events", timeout=timeout) as answer:
            yield from parse_events(answer.iter_lines())

    def cancel(self, job_id: str) -> Job:
        """Cancel a job."""
        return cast(Job, self._ask("DELETE", f"jobs/{job_id}"))

    def download(self, path: str, target: Path, *, count: Count = lambda got: None) -> None:
        """Write what lies at a path below `/v1/` to a file, which appears once it is whole."""
        draft = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
        try:
            with self._stream(path) as answer, draft.open("xb") as file:
                for block in answer.iter_bytes(BLOCK_BYTES):
                    file.write(block)
                    count(len(block))
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)

    def sound(self, path: str) -> Iterator[bytes]:
        """Yield a stream that lies at a path below `/v1/`, as it comes."""
        with self._stream(path, timeout=httpx.Timeout(TIMEOUT.connect, read=QUIET_S)) as answer:
            yield from answer.iter_bytes()

    def tell_radio(self, pool: str, what: str, seed: int, request: Document | None) -> Document:
        """Skip or ban what a radio plays; return the radio as it is now."""
        params = {"seed": str(seed)}
        return cast(Document, self._ask("POST", f"radio/{pool}/{what}", params=params, json=request))

    def leaderboard(self, pool: str | None) -> Document:
        """Return the ranking on a pool, by its digest or a beginning of it; None: the newest report's."""
        return cast(Document, self._ask("GET", "leaderboard", params={"pool": pool} if pool else {}))

    def make_key(self, wish: Document) -> Document:
        """Make a key; return it as it is told once."""
        return cast(Document, self._ask("POST", "keys", json=wish))

    def rotate_key(self, identifier: str) -> Document:
        """Make a key in the place of another; return it as it is told once."""
        return cast(Document, self._ask("POST", f"keys/{identifier}/rotation"))

    def system(self) -> Document:
        """Return the state of the installation."""
        return self.document("system")

    def collect_garbage(self, *, dry_run: bool) -> Document:
        """Remove what no record reaches, or only tell what that is."""
        params = {"dry_run": str(dry_run).lower()}
        return cast(Document, self._ask("POST", "gc", params=params))

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        with self._translated():
            answer = _checked(self._patiently(lambda: self._http.request(method, path, **options)))
            return answer.json() if answer.content else None

    def _patiently(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        """Ask, and again where that was too often: what was refused so has not begun."""
        for _ in range(HASTY_TRIES - 1):
            answer = ask()
            if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                return answer
            answer.read()
            if not _problem_of(answer)["type"].endswith(":too-many-requests"):
                return answer
            self._pause(_asked_to_wait_s(answer))
        return ask()

    @contextmanager
    def _stream(self, path: str, **options: Any) -> Iterator[httpx.Response]:
        with self._translated(), ExitStack() as opened:

            def ask() -> httpx.Response:
                return opened.enter_context(self._http.stream("GET", path, **options))

            answer = self._patiently(ask)
            if answer.is_error:
                answer.read()
            yield _checked(answer)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise NoGateway(
                f"No gateway answers at {self.url} ({str(error) or type(error).__name__})"
            ) from error
        except (httpx.DecodingError, ValueError) as error:
            raise NoGateway(f"What answers at {self.url} is not Segue ({error})") from error


class _Blocks:
    """A file's bytes, from its beginning each time they are sent; counted once."""

    def __init__(self, file: BinaryIO, count: Count) -> None:
        self._file, self._count, self._counted = file, count, 0

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        while block := self._file.read(BLOCK_BYTES):
            yield block
            more = self._file.tell() - self._counted
            if more > 0:
                self._counted += more
                self._count(more)


def version() -> str:
    """Return the version of Segue."""
    return importlib.metadata.version("segue")


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_error or answer.is_redirect:
        raise ApiProblem(_problem_of(answer))
    return answer


def _asked_to_wait_s(answer: httpx.Response) -> float:
    told = answer.headers.get("retry-after", "")
    return min(float(told) if told.isdecimal() else 1.0, LONGEST_WAIT_S)


def _problem_of(answer: httpx.Response) -> Problem:
    """Return the problem document of an answer, or one like it for what something in between answers."""
    phrase = HTTPStatus(answer.status_code).phrase if answer.status_code in set(HTTPStatus) else "an error"
    told: Document = {}
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        told = answer.json()
    detail = (
        f"{answer.request.url} answers {answer.status_code} ({phrase}), but not as Segue does. "
        "Check the address."
    )
    return cast(
        Problem,
        {"type": "about:blank", "title": phrase, "status": answer.status_code, "detail": detail, "errors": []}
        | told,
    )


def is_loopback(url: str) -> bool:
    """Tell whether an address is one of this machine's own."""
    try:
        host = httpx.URL(url).host
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except (httpx.InvalidURL, ValueError):
        return False
