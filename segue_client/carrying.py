"""Does what flows say, through httpx: the steps one after the other, or awaiting each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import aclosing, closing
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import httpx

from segue_client.errors import NoGateway
from segue_client.flows import Ask, Flow, Items, Open, Pause, Read, Request, Step, Tell

__all__ = ["Awaiting", "Waiting"]

T = TypeVar("T")


class Waiting:
    """Does the steps of flows one after the other.

    Args:
        url: of the gateway.
        http: sends the requests.
        pause: waits so many seconds.
    """

    def __init__(self, url: str, http: httpx.Client, pause: Callable[[float], object]) -> None:
        self._url, self._http, self._pause = url, http, pause

    def run(self, flow: Flow[T]) -> T:
        """Do a flow; return its result."""
        running = _Running(self._url, flow)
        for _ in self._told(running):
            pass
        return running.result

    def tell(self, items: Items[T]) -> Generator[T, None, None]:
        """Yield what a flow tells."""
        return self._told(_Running(self._url, items.flow))

    def _told(self, running: _Running[Any]) -> Generator[Any, None, None]:
        answer: httpx.Response | None = None
        blocks: Iterator[bytes] = iter(())
        with closing(running.flow):
            try:
                while (step := running.next_step()) is not None:
                    if isinstance(step, Tell):
                        yield step.item
                        continue
                    with running:
                        if isinstance(step, Pause):
                            self._pause(step.seconds)
                        elif isinstance(step, Read):
                            running.outcome = next(blocks, None)
                        else:
                            if answer is not None:
                                answer.close()
                            answer = running.outcome = self._sent(step)
                            blocks = answer.iter_bytes()
            finally:
                if answer is not None:
                    answer.close()

    def _sent(self, step: Ask | Open) -> httpx.Response:
        request = self._http.build_request(**_arguments(step.request, self._url))
        answer = self._http.send(request, stream=True)
        if _is_read_at_once(step, answer):
            answer.read()
        return answer


class Awaiting:
    """Does the steps of flows, and lets others do theirs meanwhile.

    Args:
        url: of the gateway.
        http: sends the requests.
        pause: waits so many seconds.
    """

    def __init__(
        self, url: str, http: httpx.AsyncClient, pause: Callable[[float], Awaitable[object]]
    ) -> None:
        self._url, self._http, self._pause = url, http, pause

    async def run(self, flow: Flow[T]) -> T:
        """Do a flow; return its result."""
        running = _Running(self._url, flow)
        async with aclosing(self._told(running)) as told:
            async for _ in told:
                pass
        return running.result

    def tell(self, items: Items[T]) -> AsyncGenerator[T, None]:
        """Yield what a flow tells."""
        return self._told(_Running(self._url, items.flow))

    async def _told(self, running: _Running[Any]) -> AsyncGenerator[Any, None]:
        answer: httpx.Response | None = None
        blocks: AsyncIterator[bytes] | None = None
        with closing(running.flow):
            try:
                while (step := running.next_step()) is not None:
                    if isinstance(step, Tell):
                        yield step.item
                        continue
                    with running:
                        if isinstance(step, Pause):
                            await self._pause(step.seconds)
                        elif isinstance(step, Read):
                            running.outcome = None if blocks is None else await anext(blocks, None)
                        else:
                            if answer is not None:
                                await answer.aclose()
                            answer = running.outcome = await self._sent(step)
                            blocks = answer.aiter_bytes()
            finally:
                if answer is not None:
                    await answer.aclose()

    async def _sent(self, step: Ask | Open) -> httpx.Response:
        arguments = _arguments(step.request, self._url)
        if step.request.content is not None:
            arguments["content"] = _awaited(step.request.content)
        answer = await self._http.send(self._http.build_request(**arguments), stream=True)
        if _is_read_at_once(step, answer):
            await answer.aread()
        return answer


class _Running(Generic[T]):
    """A flow under way.

    As a context, it takes what goes wrong with a connection as the outcome of a step.

    Attributes:
        outcome: of the step that was done last.
        result: of the flow, once there is no next step.
    """

    result: T

    def __init__(self, url: str, flow: Flow[T]) -> None:
        self.flow, self._url = flow, url
        self.outcome: Any = None
        self._fault: NoGateway | None = None

    def next_step(self) -> Step | None:
        """Return what is to be done now; None: all is done."""
        fault, self._fault = self._fault, None
        outcome, self.outcome = self.outcome, None
        try:
            return self.flow.send(outcome) if fault is None else self.flow.throw(fault)
        except StopIteration as end:
            self.result = end.value
            return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, httpx.TransportError | httpx.InvalidURL):
            found = f"No gateway answers at {self._url} ({str(error) or type(error).__name__})"
        elif isinstance(error, httpx.DecodingError):
            found = f"What answers at {self._url} is not Segue ({error})"
        else:
            return False
        self._fault = NoGateway(found)
        self._fault.__cause__ = error
        return True


def _arguments(request: Request, url: str) -> dict[str, Any]:
    """Return a request as httpx's clients build it; they put `/v1/` before whatever is not whole."""
    where = f"{url}{request.path}" if request.path.startswith("/") else request.path
    given: dict[str, Any] = {"method": request.method, "url": where, "headers": dict(request.headers)}
    if request.params:
        given["params"] = dict(request.params)
    if request.document is not None:
        given["json"] = request.document
    if request.content is not None:
        given["content"] = request.content
    if request.quiet_s is not None:
        given["timeout"] = httpx.Timeout(request.quiet_s, connect=5.0)
    return given


def _is_read_at_once(step: Ask | Open, answer: httpx.Response) -> bool:
    return isinstance(step, Ask) or not answer.is_success


async def _awaited(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    for block in blocks:
        yield block
