"""The methods that both clients have, by the kind of thing that they are about.

Each is named once: `get = Done(calls.song)` is a method that returns a song in a `Client`, and one to be
awaited in an `AsyncClient`.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from typing import Any, Generic, ParamSpec, Protocol, Self, TypeVar, overload

from segue_client import calls, following, mixing, uploads, views, votes
from segue_client.flows import Flow, Items

__all__ = ["Api", "Async", "Carrier", "Sync"]

P = ParamSpec("P")
T = TypeVar("T")


class Sync:
    """Marks what waits."""


class Async:
    """Marks what is awaited."""


M = TypeVar("M", Sync, Async)


class Carrier(Protocol):
    """Does the steps of flows, waiting or awaiting."""

    def run(self, flow: Flow[Any]) -> Any:
        """Do a flow; return its result, or a coroutine that does."""

    def tell(self, items: Items[Any]) -> Any:
        """Return an iterator, or an asynchronous one, over the items of a flow."""


class Group(Generic[M]):
    """Methods about one kind of thing."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier


class Done(Generic[P, T]):
    """A method that does a flow."""

    def __init__(self, flow: Callable[P, Flow[T]]) -> None:
        self._flow = flow
        self.__doc__ = flow.__doc__

    @overload
    def __get__(self, group: Group[Sync], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, group: Group[Async], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, group: None, owner: type) -> Self: ...
    def __get__(self, group: Group[Any] | None, owner: type) -> Any:
        """Return the method of a group."""
        if group is None:
            return self
        carrier = group.carrier

        @functools.wraps(self._flow)
        def do(*args: P.args, **kwargs: P.kwargs) -> Any:
            return carrier.run(self._flow(*args, **kwargs))

        return do


class Told(Generic[P, T]):
    """A method that iterates over what a flow tells."""

    def __init__(self, items: Callable[P, Items[T]]) -> None:
        self._items = items
        self.__doc__ = items.__doc__

    @overload
    def __get__(self, group: Group[Sync], owner: type) -> Callable[P, Generator[T, None, None]]: ...
    @overload
    def __get__(self, group: Group[Async], owner: type) -> Callable[P, AsyncGenerator[T, None]]: ...
    @overload
    def __get__(self, group: None, owner: type) -> Self: ...
    def __get__(self, group: Group[Any] | None, owner: type) -> Any:
        """Return the method of a group."""
        if group is None:
            return self
        carrier = group.carrier

        @functools.wraps(self._items)
        def tell(*args: P.args, **kwargs: P.kwargs) -> Any:
            return carrier.tell(self._items(*args, **kwargs))

        return tell


class Songs(Group[M]):
    """Uploaded files, decoded once."""

    list = Told(calls.songs)
    get = Done(calls.song)
    delete = Done(calls.delete_song)
    upload = Done(uploads.upload)
    save = Done(calls.song_sound)
    peaks = Done(calls.song_peaks)
    analyse = Done(calls.analyse_song)
    analysis = Done(calls.analysis)
    correction = Done(calls.correction)
    correct = Done(calls.correct_song)
    forget_correction = Done(calls.forget_correction)


class Uploads(Group[M]):
    """Large files on their way in pieces; `songs.upload` does all of it."""

    begin = Done(uploads.begin)
    send = Done(uploads.send)
    get = Done(uploads.upload_state)
    delete = Done(uploads.give_up)


class Cuts(Group[M]):
    """Songs cut into chunks."""

    list = Told(calls.cuts)
    get = Done(calls.cut)
    delete = Done(calls.delete_cut)
    make = Done(calls.cut_songs)
    save_chunk = Done(calls.chunk_sound)


class Models(Group[M]):
    """Approaches fitted on cut songs."""

    list = Told(calls.models)
    get = Done(calls.model)
    delete = Done(calls.delete_model)
    fit = Done(calls.fit_model)
    pretrained = Done(calls.pretrained_model)
    judge = Done(calls.judge_model)
    report = Done(calls.model_report)
    save_report = Done(calls.model_report_page)
    figures = Done(calls.model_figures)
    history = Done(calls.model_history)


class Reports(Group[M]):
    """How well models judge songs that they never saw."""

    list = Told(calls.reports)
    get = Done(calls.report)
    delete = Done(calls.delete_report)
    save = Done(calls.report_page)


class Pools(Group[M]):
    """The chunks that mixes are drawn from, as a model sees them."""

    list = Told(calls.pools)
    get = Done(calls.pool)
    delete = Done(calls.delete_pool)
    build = Done(calls.build_pool)


class Mixes(Group[M]):
    """New songs, rendered."""

    list = Told(mixing.mixes)
    get = Done(mixing.mix)
    delete = Done(mixing.delete_mix)
    make = Done(mixing.make_mix)
    save = Done(mixing.mix_file)
    report = Done(mixing.mix_report)
    peaks = Done(mixing.mix_peaks)
    revise = Done(mixing.revise_mix)
    history = Done(mixing.mix_history)
    preview = Done(mixing.preview_seam)
    draw_map = Done(views.draw_map)
    map = Done(views.pool_map)
    find_candidates = Done(views.find_candidates)
    candidates = Done(views.candidates)


class Votes(Group[M]):
    """Which of two mixes is better."""

    list = Told(votes.votes)
    get = Done(votes.vote)
    delete = Done(votes.delete_vote)
    cast = Done(votes.cast)
    tally = Done(votes.tally)


class Previews(Group[M]):
    """Single seams, rendered to be heard."""

    get = Done(mixing.preview)
    save = Done(mixing.preview_sound)


class Radios(Group[M]):
    """Endless mixes."""

    get = Done(mixing.radio)
    listen = Told(mixing.listen)
    skip = Done(mixing.skip_song)
    ban = Done(mixing.ban_from_radio)


class Jobs(Group[M]):
    """Work in progress, and how it ended."""

    list = Told(calls.jobs)
    get = Done(calls.job)
    cancel = Done(calls.cancel_job)
    follow = Told(following.follow)
    wait = Done(following.wait)


class Keys(Group[M]):
    """Who may use this Segue; needs the operator's key."""

    list = Told(calls.keys)
    make = Done(calls.make_key)
    rotate = Done(calls.rotate_key)
    revoke = Done(calls.revoke_key)


class Api(Group[M]):
    """All of it."""

    approaches = Done(calls.approaches)
    leaderboard = Done(calls.leaderboard)
    system = Done(calls.system)
    collect_garbage = Done(calls.collect_garbage)
    health = Done(calls.health)
    readiness = Done(calls.readiness)

    def __init__(self, carrier: Carrier) -> None:
        super().__init__(carrier)
        self.songs: Songs[M] = Songs(carrier)
        self.uploads: Uploads[M] = Uploads(carrier)
        self.cuts: Cuts[M] = Cuts(carrier)
        self.models: Models[M] = Models(carrier)
        self.reports: Reports[M] = Reports(carrier)
        self.pools: Pools[M] = Pools(carrier)
        self.mixes: Mixes[M] = Mixes(carrier)
        self.votes: Votes[M] = Votes(carrier)
        self.previews: Previews[M] = Previews(carrier)
        self.radio: Radios[M] = Radios(carrier)
        self.jobs: Jobs[M] = Jobs(carrier)
        self.keys: Keys[M] = Keys(carrier)
