"""The chunker's tasks: each fetches, calls pure functions, stores, and returns the facts of what it made."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from services.chunker.barlines import bar_boundaries
from services.chunker.cutting import Boundaries, find_boundaries, require_few, threshold_in_force
from services.chunker.gaps import gapped_edges, openings
from services.chunker.levels import LevelMeter
from services.chunker.worker import app
from shared.corrections import Correction
from shared.errors import SongGone
from shared.jobs.running import Work
from shared.parameters import Cut
from shared.queue import Task
from shared.settings import get_settings
from shared.sound.audio import AudioReader, DecodeLimits, decode, open_audio, write_chunk
from shared.sound.features import edges_of, song_frames, song_long_spectra
from shared.sound.rhythm import Rhythm
from shared.sound.samples import Int16
from shared.sound.waveform import outline_of
from shared.store.arrays import Arrays, pack_arrays, unpack_arrays, write_arrays
from shared.store.documents import find_document
from shared.store.keys import Artifact, Kind, song_source, song_upload
from shared.store.manifests import AnalysisFacts, CutFacts, GappedFacts, SongFacts, SpectraFacts, UploadRecord
from shared.store.objects import ObjectMissing
from shared.store.specs import AnalysisSpec, CutSpec, GappedSpec, SongSpec, SpectraSpec
from shared.worker import register

_STORED_AT_ONCE = 4
"""Chunks that are encoded and sent side by side: most of it is waiting for the store."""

_CONTENT_TYPES = {"flac": "audio/flac", "wav": "audio/wav", "mp3": "audio/mpeg"}


def decode_song(work: Work) -> SongFacts:
    """Decode an uploaded song, once, in a sandboxed child."""
    spec, settings = work.order.spec, get_settings()
    assert isinstance(spec, SongSpec)
    source, folder = work.folder / "source", work.folder / "decoded"
    folder.mkdir()
    try:
        work.dispatcher.store.download(song_source(work.tenant, spec.song), source)
    except ObjectMissing:
        raise SongGone(spec.song) from None
    limits = DecodeLimits(
        max_song_s=settings.max_song_s,
        max_memory_bytes=settings.max_decoder_memory_bytes,
        max_decoder_s=settings.max_decoder_s,
    )
    song = decode(source, folder, limits)
    work.attempt.put_file("audio.flac", folder / "audio.flac", "audio/flac")
    with open_audio(folder / "audio.flac") as decoded:
        work.attempt.put("peaks.json", outline_of(decoded.blocks()), "application/json")
    title = song.title or _title_of_file(work, spec.song)
    if not work.dispatcher.store.exists(song_source(work.tenant, spec.song)):
        raise SongGone(spec.song)  # Deleted meanwhile: made now, it would be nobody's.
    return SongFacts.model_validate({**song.model_dump(), "title": title})


def analyse_song(work: Work) -> AnalysisFacts:
    """Find a song's beats, bars, key and sections."""
    # Loading what it takes lasts a second, which tasks that need none of it are spared.
    from services.chunker.analysing import analyse

    spec = work.order.spec
    assert isinstance(spec, AnalysisSpec)
    with open_audio(_fetch_audio(work, spec.song)) as song:
        found = analyse(_checked(work, song), song.sample_rate_hz, spec.correction or Correction())
    work.attempt.put("rhythm.npz", pack_arrays(found.rhythm.to_arrays()))
    return AnalysisFacts(
        song=spec.song,
        beats=len(found.rhythm.beats_s),
        tempo_bpm=found.rhythm.tempo_bpm,
        beat_confidence=found.rhythm.beat_confidence,
        beats_per_bar=found.beats_per_bar,
        bar_confidence=found.rhythm.bar_confidence,
        key=found.key.key,
        key_confidence=found.key.confidence,
        sections_s=found.sections_s.tolist(),
        note=found.note,
    )


def cut_song(work: Work) -> CutFacts:
    """Cut a song into chunks; store them and their edges."""
    spec = work.order.spec
    assert isinstance(spec, CutSpec)
    decoded = _facts_of(work, spec.song)
    rate, channels = decoded.sample_rate_hz, decoded.channels
    with open_audio(_fetch_audio(work, spec.song)) as song:
        found = _on_beats(work, song) if spec.cut.method == "beats" else _by_level(work, song, spec.cut)
        require_few(found.inner, song.n_samples, sample_rate_hz=rate)
        facts = CutFacts(
            song=spec.song,
            sample_rate_hz=rate,
            channels=channels,
            boundaries=[0, *found.inner.tolist(), song.n_samples],
            threshold_dbfs=found.threshold_dbfs,
            note=found.note,
            format=spec.cut.format,
        )
        edges = edges_of(_stored_chunks(work, song, facts), rate)
    _put_arrays(work, "edges.npz", edges.to_arrays())
    return facts


def leave_gaps(work: Work) -> GappedFacts:
    """Measure the edges of a cut's chunks with each gap left out, and keep how each chunk begins."""
    spec = work.order.spec
    assert isinstance(spec, GappedSpec)
    cut = work.dispatcher.artifacts.get(Artifact(work.tenant, Kind.CUT, spec.cut)).expect(CutFacts)
    facts = GappedFacts(song=cut.song, chunks=cut.chunks, gaps_s=list(spec.gaps_s))
    with open_audio(_fetch_audio(work, cut.song)) as song:
        # Gap after gap, though the song is read anew for each: the edges of one are what is held.
        for done, gap_s in enumerate(spec.gaps_s):
            work.progress(done, len(spec.gaps_s), "gaps")
            _put_gapped(work, facts.edges_file(gap_s), song, cut, gap_s)
        begun = openings(_chunks(work, song, cut), song.sample_rate_hz)
        work.attempt.put("openings.npz", pack_arrays({"openings": begun}))
    return facts


def compute_spectra(work: Work) -> SpectraFacts:
    """Measure a song's log-mel frames and long spectra from end to end."""
    spec = work.order.spec
    assert isinstance(spec, SpectraSpec)
    with open_audio(_fetch_audio(work, spec.song)) as song:
        frames = song_frames(song.blocks(), song.sample_rate_hz)
        work.check()
        long_tails, long_heads = song_long_spectra(song.blocks(), song.sample_rate_hz)
    arrays = {"frames": frames, "long_tails": long_tails, "long_heads": long_heads}
    work.attempt.put("frames.npz", pack_arrays(arrays))
    return SpectraFacts(song=spec.song, frames=len(frames))


@dataclass(frozen=True)
class _Found:
    """Where a song is cut, the threshold of silence in force, and why it is not cut as it was asked for."""

    inner: Boundaries
    threshold_dbfs: float | None = None
    note: str | None = None


def _by_level(work: Work, song: AudioReader, cut: Cut, note: str | None = None) -> _Found:
    """Cut at silence, or equally."""
    rate = song.sample_rate_hz
    meter = LevelMeter(rate)
    for block in _checked(work, song):
        meter.feed(block)
    levels = meter.levels()
    inner = find_boundaries(levels, sample_rate_hz=rate, cut=cut)
    silent = cut.method == "silence"
    return _Found(inner, threshold_in_force(levels, sample_rate_hz=rate, cut=cut) if silent else None, note)


def _on_beats(work: Work, song: AudioReader) -> _Found:
    """Cut every few bars; at silence where the music has no beat."""
    spec, artifacts = work.order.spec, work.dispatcher.artifacts
    assert isinstance(spec, CutSpec)
    analysis = AnalysisSpec(song=spec.song, correction=spec.correction).artifact(work.tenant)
    facts = artifacts.get(analysis).expect(AnalysisFacts)
    if not facts.beats:
        note = f"Cut at silence, not on beats: {facts.note}."
        return _by_level(work, song, spec.cut.model_copy(update={"method": "silence"}), note)
    rhythm = Rhythm.from_arrays(unpack_arrays(artifacts.read(analysis, "rhythm.npz")))
    return _Found(
        bar_boundaries(
            rhythm,
            song.n_samples,
            sample_rate_hz=song.sample_rate_hz,
            bars=spec.cut.bars,
            min_chunk_ms=spec.cut.min_chunk_ms,
        )
    )


def _checked(work: Work, song: AudioReader) -> Iterator[Int16]:
    """Yield the blocks of a song; between them it may be stopped."""
    for block in song.blocks():
        yield block
        work.check()


def _title_of_file(work: Work, song: str) -> str | None:
    """Return the title that the uploaded file's name gives, if it is known."""
    record = find_document(work.dispatcher.store, UploadRecord, song_upload(work.tenant, song))
    return None if record is None else record.title


def _facts_of(work: Work, song: str) -> SongFacts:
    return work.dispatcher.artifacts.get(SongSpec(song=song).artifact(work.tenant)).expect(SongFacts)


def _fetch_audio(work: Work, song: str) -> Path:
    artifacts = work.dispatcher.artifacts
    key = artifacts.payload_key(SongSpec(song=song).artifact(work.tenant), "audio.flac")
    return artifacts.store.download(key, work.folder / "audio.flac")


def _chunks(work: Work, song: AudioReader, facts: CutFacts) -> Iterator[Int16]:
    """Read the chunks of a cut, one at a time."""
    for start, stop in pairwise(facts.boundaries):
        work.check()
        yield song.read_range(start, stop)


def _stored_chunks(work: Work, song: AudioReader, facts: CutFacts) -> Iterator[Int16]:
    """Store each chunk while it and the next few are measured, so that few are held."""
    with ThreadPoolExecutor(_STORED_AT_ONCE) as pool:
        under_way: deque[Future[None]] = deque()
        for chunk, samples in enumerate(_chunks(work, song, facts)):
            under_way.append(pool.submit(_store_chunk, work, facts, chunk, samples))
            if len(under_way) > _STORED_AT_ONCE:
                under_way.popleft().result()
            work.progress(chunk + 1, facts.chunks, "chunks")
            yield samples
        for last in under_way:
            last.result()


def _store_chunk(work: Work, facts: CutFacts, chunk: int, samples: Int16) -> None:
    path = work.folder / facts.chunk_file(chunk)
    write_chunk(path, samples, facts.sample_rate_hz, format=facts.format)
    work.attempt.put_file(path.name, path, _CONTENT_TYPES[facts.format])
    path.unlink()


def _put_gapped(work: Work, name: str, song: AudioReader, cut: CutFacts, gap_s: float) -> None:
    edges, long_enough = gapped_edges(_chunks(work, song, cut), song.sample_rate_hz, gap_s=gap_s)
    _put_arrays(work, name, {**edges.to_arrays(), "long_enough": long_enough})


def _put_arrays(work: Work, name: str, arrays: Arrays) -> None:
    """Store arrays through a file: those of a long song's edges are held once, and not packed beside."""
    path = work.folder / name
    write_arrays(path, arrays)
    work.attempt.put_file(name, path)
    path.unlink()


register(app, Task.DECODE_SONG, decode_song)
register(app, Task.ANALYSE_SONG, analyse_song)
register(app, Task.CUT_SONG, cut_song)
register(app, Task.LEAVE_GAPS, leave_gaps)
register(app, Task.COMPUTE_SPECTRA, compute_spectra)
