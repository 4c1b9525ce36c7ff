"""Fits, reports, cuts and mixes through the API: all are asked for at once, so that every worker has work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from cli import mixing
from cli.documents import Document, Shown
from cli.experiments.conditions import Condition, Fit, Outcome, Pool, protocol_of
from cli.experiments.music import Kind
from cli.experiments.scales import Scale
from cli.output import note
from cli.progress import Bars
from cli.stack.signals import interrupt_held
from segue_client import Client
from segue_client.documents import Job
from shared.parameters import Cut


@dataclass(frozen=True)
class Music:
    """Uploaded songs of one kind, by id, with the files that they were uploaded from."""

    name: str
    train: tuple[str, ...]
    judged: tuple[str, ...]
    files: dict[str, Path]


@dataclass
class Laboratory:
    """Where experiments are made.

    Attributes:
        gateway: what does the work.
        scale: how much is done.
        bars: show how far it is.
        folder: for files of a moment.
        mixes_folder: where mixes are kept, to be listened to; None: they are not.
        kinds: the music, uploaded; one kind or several.
    """

    gateway: Client
    scale: Scale
    bars: Bars
    folder: Path
    mixes_folder: Path | None = None
    kinds: list[Music] = field(default_factory=list)

    @property
    def cut(self) -> Cut:
        """How songs are cut where the cut is not the question."""
        return Cut(method="equal", chunk_s=self.scale.chunk_s)

    @property
    def train(self) -> tuple[str, ...]:
        """Songs to learn from, of all kinds alike, as many as there are of one."""
        in_turn = [song for songs in zip(*(kind.train for kind in self.kinds), strict=True) for song in songs]
        return tuple(in_turn[: max(self.scale.train_songs, len(self.kinds))])

    @property
    def judged(self) -> tuple[str, ...]:
        """Songs to judge by, of all kinds."""
        return tuple(song for kind in self.kinds for song in kind.judged)

    @property
    def files(self) -> dict[str, Path]:
        """The file of every song."""
        return {song: file for kind in self.kinds for song, file in kind.files.items()}

    def pool(self, songs: tuple[str, ...] | None = None, cut: Cut | None = None, **protocol: Any) -> Pool:
        """Return songs to judge by, all of them unless some are named."""
        return Pool(songs or self.judged, cut or self.cut, protocol_of(self.scale, **protocol))

    def chunks(self, songs: Sequence[str], cut: Cut | None = None) -> list[int]:
        """Return into how many chunks a cut cuts each song, by making it."""
        return [made["chunk_count"] for made in self.cuts(songs, cut)]

    def cuts(self, songs: Sequence[str], cut: Cut | None = None) -> list[Shown]:
        """Cut songs; return the cuts, in the order of the songs."""
        request: Document = {"songs": list(songs), "cut": (cut or self.cut).model_dump(mode="json")}
        (job,) = self.await_all("cut", [("", partial(self.gateway.cuts.make, **request))])
        made = (self.gateway.cuts.get(key) for key in job["result"]["cuts"])
        by_song = {one["song"]: one for one in made}
        return [by_song[song] for song in songs]

    def measure(
        self, conditions: Sequence[Condition], pool: Pool | Callable[[Condition], Pool]
    ) -> list[Outcome]:
        """Fit every condition with every seed, and judge the models.

        Args:
            conditions: what is compared.
            pool: what is judged by: the same for all, or one for each.
        """
        fits = self.fit(conditions)
        return self.judge(conditions, fits, pool)

    def fit(
        self, conditions: Sequence[Condition], seeds: Sequence[int] | None = None
    ) -> list[tuple[Fit, ...]]:
        """Fit every condition with every seed; return the fits of each, in the order of the seeds."""
        chosen = self.scale.seeds if seeds is None else seeds
        wishes = [
            (f"{one.name}, seed {seed}", partial(self.gateway.models.fit, **one.request(seed)))
            for one in conditions
            for seed in chosen
        ]
        fits = []
        for job in self.await_all("fit", wishes):
            (model,) = job["result"]["models"]
            fits.append(Fit(self.gateway.models.get(model), self.gateway.models.history(model)))
        return [tuple(fits[at : at + len(chosen)]) for at in range(0, len(fits), len(chosen))]

    def judge(
        self,
        conditions: Sequence[Condition],
        fits: Sequence[tuple[Fit, ...]],
        pool: Pool | Callable[[Condition], Pool],
    ) -> list[Outcome]:
        """Judge the models of every condition."""
        wishes = [
            (
                condition.name,
                partial(self.gateway.models.judge, fit.model["id"], **_pool_of(pool, condition).request()),
            )
            for condition, own in zip(conditions, fits, strict=True)
            for fit in own
        ]
        reports = iter(
            [self.gateway.reports.get(str(job["report"])) for job in self.await_all("report", wishes)]
        )
        return [
            Outcome(condition, own, tuple(next(reports) for _ in own))
            for condition, own in zip(conditions, fits, strict=True)
        ]

    def mixes(self, requests: Sequence[tuple[str, Document]]) -> list[tuple[str, Shown]]:
        """Make mixes, given by name and request; return the id and the report of each."""
        wishes = [(name, partial(self.gateway.mixes.make, **request)) for name, request in requests]
        made = [str(job["mix"]) for job in self.await_all("render", wishes)]
        return [(mix, self.gateway.mixes.report(mix)) for mix in made]

    def await_all(self, bar: str, wishes: Sequence[tuple[str, Callable[[], Job]]]) -> list[Job]:
        """Ask for work, given by name and what asks for it, and wait for all of it.

        Raises:
            JobFailed, JobCancelled: some of it was not done.
        """
        with self._cancelled_when_left() as open_jobs:
            for _, ask in wishes:
                with interrupt_held():
                    open_jobs.append(ask())
            ended = []
            for done, ((name, _), job) in enumerate(zip(wishes, list(open_jobs), strict=True)):
                self.bars.set(bar, done, len(wishes), count=f"{done}/{len(wishes)}", detail=name)
                ended.append(self.gateway.jobs.wait(job["id"], hear=self.bars.warn_of))
                open_jobs.remove(job)
            self.bars.set(bar, 1, 1, count=f"{len(wishes)}/{len(wishes)}")
        return ended

    @contextmanager
    def _cancelled_when_left(self) -> Iterator[list[Job]]:
        """Yield a list for jobs; those that are in it when the block is left early are cancelled."""
        jobs: list[Job] = []
        try:
            yield jobs
        except BaseException:
            note(f"Cancelling {len(jobs)} jobs; what is done stays, and is not done again.")
            for job in jobs:
                mixing.cancel_quietly(self.gateway, job["id"])
            raise

    def upload(self, files: Sequence[Path]) -> dict[Path, str]:
        """Upload files; return their ids.

        Raises:
            NoSongs: none can be used.
        """
        library = mixing.gather_songs(self.gateway, files, self.bars)
        return {path: song["id"] for path, song in library.songs.items()}

    def bring(self, kinds: Sequence[Kind]) -> None:
        """Upload the music."""
        for kind in kinds:
            ids = self.upload([*kind.train, *kind.judged])
            self.kinds.append(
                Music(
                    kind.name,
                    tuple(ids[path] for path in kind.train),
                    tuple(ids[path] for path in kind.judged),
                    {song: path for path, song in ids.items()},
                )
            )


def _pool_of(pool: Pool | Callable[[Condition], Pool], condition: Condition) -> Pool:
    return pool if isinstance(pool, Pool) else pool(condition)
