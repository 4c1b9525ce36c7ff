"""Rendering: a mix of 30 chunks beside the encoder alone and beside pydub, and memory that does not grow."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import soundfile
from pydub import AudioSegment

from bench import pipeline
from bench.material import Bench
from bench.measuring import Row, at_most_times, by_turns, timed
from services.assembler.pieces import Piece
from shared.parameters import Output
from shared.sound.audio import DecodeLimits, decode, open_audio
from shared.sound.ffmpeg import ffmpeg_path
from shared.sound.samples import Int16

CHUNK_S = 4.0
OUTPUT = Output(seams="plain")
MEMORY_SLACK = 1.1


def rows(bench: Bench) -> Iterator[Row]:
    """Compare with the encoder alone and with pydub; then render a hundred times as many chunks."""
    pieces = _pieces(bench, bench.size(30, 4))
    joined = _joined(pieces)
    yield _encoder_alone(bench, pieces, joined)
    yield _pydub(bench, pieces)
    yield _memory(bench)


def _encoder_alone(bench: Bench, pieces: list[Piece], joined: Int16) -> Row:
    raw, mine = bench.folder / "joined.raw", bench.folder / "mix.mp3"
    joined.tofile(raw)
    theirs = partial(_encoded, raw, bench.folder / "alone.mp3")
    took = by_turns(theirs, lambda: _rendered(pieces, mine), bench.rounds)
    return Row(
        f"render: {len(pieces)} chunks, {len(joined) / OUTPUT.sample_rate_hz:.0f} s, to MP3",
        took.segue_s,
        peer="ffmpeg alone, of the joined samples",
        peer_s=took.peer_s,
        goal=at_most_times(1.1),
        agrees=np.array_equal(_samples(took.theirs), _samples(took.ours)),
        note="chunks are read from FLAC and joined; decoded, both are the same",
    )


def _pydub(bench: Bench, pieces: list[Piece]) -> Row:
    loaded = loaded_by_pydub(pieces)
    theirs = partial(joined_by_pydub, pieces, loaded, bench.folder / "pydub.mp3")
    took = by_turns(theirs, lambda: _rendered(pieces, bench.folder / "mix.mp3"), bench.rounds)
    return Row(
        f"render: {len(pieces)} chunks to MP3",
        took.segue_s,
        peer="pydub += and export",
        peer_s=took.peer_s,
        agrees=np.array_equal(_samples(took.theirs), _samples(took.ours)),
        note="pydub holds the songs decoded, before the time is taken",
    )


def _memory(bench: Bench) -> Row:
    """Render in processes of their own, whose largest memory is told."""
    few, many = bench.size(10, 2), bench.size(1000, 40)
    held_mb, took_s, sounds = {}, {}, {}
    for chunks in (few, many):
        pieces = _pieces(bench, chunks)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
            took_s[chunks], held_mb[chunks] = own.submit(_measured, pieces, bench.folder / "m.mp3").result()
        sounds[chunks] = sum(piece.stop - piece.start for piece in pieces) / OUTPUT.sample_rate_hz
    return Row(
        f"render: {many} chunks to MP3",
        took_s[many],
        peer=f"{few} chunks, for as much sound",
        peer_s=took_s[few] * sounds[many] / sounds[few],
        agrees=held_mb[many] <= MEMORY_SLACK * held_mb[few],
        note=f"the largest memory is {held_mb[few]:.1f} MB with {few} chunks and {held_mb[many]:.1f} MB "
        f"with {many}",
    )


def _measured(pieces: list[Piece], path: Path) -> tuple[float, float]:
    seconds, _ = timed(lambda: _rendered(pieces, path))
    # Not `ru_maxrss`, which begins with what the process had held that this one was forked from.
    status = Path("/proc/self/status").read_text().split()
    return seconds, int(status[status.index("VmHWM:") + 1]) * 1024 / 1e6


def _pieces(bench: Bench, chunks: int) -> list[Piece]:
    """Take chunks of 4 s by turns from songs of the mix's rate and channels, so that nothing is converted."""
    wanted = (OUTPUT.sample_rate_hz, OUTPUT.channels)
    infos = {path: soundfile.info(path) for path in bench.songs}
    songs = [path for path, info in infos.items() if (info.samplerate, info.channels) == wanted]
    decoded = [_decoded(bench, song) for song in songs[: bench.size(8, 2)]]
    step, pieces = round(CHUNK_S * OUTPUT.sample_rate_hz), []
    for number in range(chunks):
        song, n_samples = decoded[number % len(decoded)]
        at = number // len(decoded) * step % max(1, n_samples - step)
        pieces.append(Piece(str(song), at, at + step, OUTPUT.sample_rate_hz))
    return pieces


def _decoded(bench: Bench, song: Path) -> tuple[Path, int]:
    folder = bench.folder / f"render-{song.stem}"
    if not folder.exists():
        folder.mkdir()
        decode(song, folder, DecodeLimits())
    with open_audio(folder / "audio.flac") as audio:
        return folder / "audio.flac", audio.n_samples


def _joined(pieces: list[Piece]) -> Int16:
    return np.concatenate(
        [
            soundfile.read(piece.song, start=piece.start, stop=piece.stop, dtype="int16", always_2d=True)[0]
            for piece in pieces
        ]
    )


def segment_of(song: Path) -> AudioSegment:
    """Return a song as pydub holds it; libsndfile decodes, which is the faster of the two."""
    samples, rate_hz = soundfile.read(song, dtype="int16", always_2d=True)
    return AudioSegment(samples.tobytes(), frame_rate=rate_hz, sample_width=2, channels=samples.shape[1])


def loaded_by_pydub(pieces: list[Piece]) -> dict[str, AudioSegment]:
    """Return the songs of pieces, decoded."""
    return {song: segment_of(Path(song)) for song in {piece.song for piece in pieces}}


def joined_by_pydub(pieces: list[Piece], loaded: dict[str, AudioSegment], path: Path) -> Path:
    """Join pieces as the study did, and encode them with Segue's settings."""
    AudioSegment.converter = str(ffmpeg_path())
    mix = AudioSegment.empty()
    for piece in pieces:
        mix += loaded[piece.song].get_sample_slice(piece.start, piece.stop)
    with path.open("wb") as file:
        mix.export(file, format="mp3", parameters=["-q:a", "0"])
    return path


def _rendered(pieces: list[Piece], path: Path) -> Path:
    pipeline.rendered(pieces, OUTPUT, path)
    return path


def _encoded(raw: Path, path: Path) -> Path:
    shape = ["-f", "s16le", "-ar", str(OUTPUT.sample_rate_hz), "-ac", str(OUTPUT.channels), "-i", str(raw)]
    encoder = ["-c:a", "libmp3lame", "-q:a", "0", "-y", str(path)]
    subprocess.run([str(ffmpeg_path()), "-loglevel", "error", "-nostdin", *shape, *encoder], check=True)
    return path


def _samples(path: Path) -> Int16:
    samples: Int16 = soundfile.read(path, dtype="int16", always_2d=True)[0]
    return samples
