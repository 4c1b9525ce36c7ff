"""The product's steps as pure functions, as its tasks call them, without queue and store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench.models import shipped_scorer
from services.assembler.pieces import Piece
from services.assembler.rendering import Rendered, render
from services.assembler.scoring import Pool, prepare_pool
from services.assembler.sequencing import greedy
from services.chunker.cutting import find_boundaries
from services.chunker.levels import LevelMeter
from shared.learning.corpus import Floats, Indices
from shared.parameters import Cut, Output
from shared.sound.audio import AudioReader, DecodeLimits, decode, open_audio, write_chunk
from shared.sound.edges import Edges
from shared.sound.features import edges_of
from shared.sound.samples import Int16

_STORED_AT_ONCE = 4


@dataclass(frozen=True)
class CutSong:
    """A song that was decoded and cut.

    Attributes:
        audio: the decoded song.
        sample_rate_hz: its rate.
        boundaries: of its chunks, in samples, with 0 and the song's end.
        edges: of its chunks.
    """

    audio: Path
    sample_rate_hz: int
    boundaries: list[int]
    edges: Edges


def cut_song(song: Path, folder: Path, cut: Cut) -> CutSong:
    """Decode a song in the confined child, cut it, store its chunks and measure them."""
    folder.mkdir(parents=True)
    decode(song, folder, DecodeLimits())
    audio_path = folder / "audio.flac"
    with open_audio(audio_path) as audio:
        meter = LevelMeter(audio.sample_rate_hz)
        for block in audio.blocks():
            meter.feed(block)
        inner = find_boundaries(meter.levels(), sample_rate_hz=audio.sample_rate_hz, cut=cut)
        boundaries = [0, *inner.tolist(), audio.n_samples]
        edges = _stored(audio, boundaries, folder)
        return CutSong(audio_path, audio.sample_rate_hz, boundaries, edges)


def _stored(audio: AudioReader, boundaries: list[int], folder: Path) -> Edges:
    with ThreadPoolExecutor(_STORED_AT_ONCE) as threads:
        return edges_of(_chunks_stored(audio, boundaries, folder, threads), audio.sample_rate_hz)


def _chunks_stored(
    audio: AudioReader, boundaries: list[int], folder: Path, threads: ThreadPoolExecutor
) -> Iterator[Int16]:
    for number, ends in enumerate(pairwise(boundaries)):
        chunk = audio.read_range(*ends)
        threads.submit(write_chunk, folder / f"{number:04d}.flac", chunk, audio.sample_rate_hz)
        yield chunk


def pool_of(songs: Sequence[CutSong], approach: str) -> Pool:
    """Prepare the chunks of songs for a shipped model."""
    names = [str(number) for number in range(len(songs))]
    return prepare_pool(shipped_scorer(approach), [song.edges for song in songs], names)


def sequence(pool: Pool, approach: str, chunks: int) -> Indices:
    """Choose the chunks of a mix: indices into the pool."""
    scorer = shipped_scorer(approach)

    def score(reference: int, candidates: Indices, step: int) -> Floats:
        return scorer.scores(pool.prepared, reference, candidates, step)

    shortlist = scorer.shortlist(pool.prepared)
    return greedy(score, chunks=len(pool), start=0, length=chunks, shortlist=shortlist).order


def pieces_of(songs: Sequence[CutSong], pool: Pool, order: Indices) -> list[Piece]:
    """Return what is to be rendered."""
    pieces = []
    for index in order:
        place, chunk = int(pool.cuts[index]), int(pool.numbers[index])
        start, stop = songs[place].boundaries[chunk : chunk + 2]
        pieces.append(Piece(str(songs[place].audio), start, stop, songs[place].sample_rate_hz))
    return pieces


def rendered(pieces: Sequence[Piece], output: Output, path: Path) -> Rendered:
    """Render pieces of songs that lie in files."""
    return render(pieces, _open, output, path, tags={"title": "Bench"})


def _open(song: str, opened: ExitStack) -> AudioReader:
    return opened.enter_context(open_audio(Path(song)))
