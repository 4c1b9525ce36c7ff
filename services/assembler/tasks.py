"""The assembler's tasks: each fetches, calls pure functions, stores, and returns what it made."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from services.assembler import fetching, radio_tasks
from services.assembler.choosing import choose
from services.assembler.courses import course_of, telling_steps
from services.assembler.extras.accompanying import accompany, draw_cover_of, tag_audio, with_snippets
from services.assembler.form import Form, sections_of
from services.assembler.leveling import Measured, song_gains_db
from services.assembler.previewing import LEAD_S, begun_at, preview
from services.assembler.rendering import joint_of, render
from services.assembler.reporting import entries_of, report_of, title_of
from services.assembler.reports import MixReport
from services.assembler.revising import revise
from services.assembler.scoring import Pool, prepare_pool
from services.assembler.seam_wishes import changed_seam
from services.assembler.sequencing import OnStep
from services.assembler.traits import Traits
from services.assembler.viewing import candidates_at, map_of
from services.assembler.worker import app
from shared.jobs.running import Work
from shared.passages import in_seconds
from shared.queue import Task
from shared.sound.edges import Edges
from shared.store.arrays import pack_arrays, unpack_arrays
from shared.store.keys import Artifact, Kind
from shared.store.manifests import (
    CutFacts,
    MixFacts,
    ModelFacts,
    PoolFacts,
    PreviewFacts,
    SequenceFacts,
    SongFacts,
    Step,
    ViewFacts,
)
from shared.store.objects import to_json
from shared.store.specs import (
    AnySpec,
    ChosenSpec,
    MixSpec,
    PoolSpec,
    PreviewSpec,
    RevisedSpec,
    SequenceSpec,
    ViewSpec,
)
from shared.store.views import Candidates, PoolMap
from shared.worker import register

_CONTENT_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg"}


def build_pool(work: Work) -> PoolFacts:
    """Bring the chunks of several cuts together, as one model sees them."""
    spec, artifacts = work.order.spec, work.dispatcher.artifacts
    assert isinstance(spec, PoolSpec)
    model = artifacts.get(Artifact(work.tenant, Kind.MODEL, spec.model)).expect(ModelFacts)
    cuts = [Artifact(work.tenant, Kind.CUT, key) for key in spec.cuts]
    songs = [artifacts.get(cut).expect(CutFacts).song for cut in cuts]
    edges = []
    for done, cut in enumerate(cuts):
        work.check()
        work.progress(done, len(cuts), "cuts")
        edges.append(Edges.from_arrays(unpack_arrays(artifacts.read(cut, "edges.npz"))))
    pool = prepare_pool(fetching.scorer(work, spec.model), edges, songs, check=work.check)
    work.attempt.put("pool.npz", pack_arrays(pool.to_arrays()))
    counts = np.bincount(pool.cuts, minlength=len(cuts)).tolist()
    return PoolFacts(approach=model.approach, cuts=list(spec.cuts), songs=songs, counts=counts)


def sequence_mix(work: Work) -> SequenceFacts:
    """Choose chunks from a pool, step by step, in one process that holds the pool."""
    spec = work.order.spec
    if isinstance(spec, RevisedSpec):
        return _revised(work, spec)
    assert isinstance(spec, SequenceSpec)
    facts, pool = fetching.pool(work, spec.pool)
    spans, analyses = fetching.spans(work, facts, pool), fetching.analyses(work, spec)
    songs = list(dict.fromkeys(facts.songs))
    song_of = np.array([songs.index(song) for song in facts.songs], np.int64)[pool.cuts]
    found = choose(
        fetching.scorer(work, spec.model),
        pool,
        facts.songs,
        spans.durations_s,
        in_seconds(spec.sequencing, sections_of(analyses)),
        _telling_steps(work, facts, pool, lambda song: fetching.song(work, song).title),
        starts_s=spans.starts_s,
        traits=Traits.of(songs, analyses),
        form=Form.of(spans, song_of, songs, analyses),
    )
    return SequenceFacts(
        steps=[
            Step(
                song=facts.songs[pool.cuts[index]],
                cut=facts.cuts[pool.cuts[index]],
                chunk=int(pool.numbers[index]),
                score=score,
            )
            for index, score in zip(found.order, [None, *found.shown.tolist()], strict=True)
        ],
        limits=found.limits,
        energy_off=found.energy_off,
        form=found.form,
    )


def _revised(work: Work, spec: RevisedSpec) -> SequenceFacts:
    """Change the sequence of a mix by edits."""
    artifacts = work.dispatcher.artifacts
    mix = artifacts.get(Artifact(work.tenant, Kind.MIX, spec.mix)).spec
    base = artifacts.get(Artifact(work.tenant, Kind.SEQUENCE, spec.base)).expect(SequenceFacts)
    assert isinstance(mix, MixSpec)
    work.progress(0, len(base.steps), "steps")
    stock = fetching.stock(work, mix, spec)
    return revise(
        stock,
        base,
        spec.sequencing,
        spec.edits,
        blended=mix.output.seams != "plain",
        on_step=_telling_steps(work, stock.facts, stock.pool, stock.titles.get),
    )


def _telling_steps(work: Work, facts: PoolFacts, pool: Pool, title_of: Callable[[str], str | None]) -> OnStep:
    """Return what reports a sequence as it grows."""

    def tell(done: int, total: int, course: str) -> None:
        work.check()
        work.progress(done, total, "steps", note=course)

    songs = [facts.songs[cut] for cut in pool.cuts.tolist()]
    return telling_steps(songs, lambda song: title_of(song) or song[:12], tell)


def render_mix(work: Work) -> MixFacts:
    """Render a sequence, and tell what was done."""
    spec, artifacts = work.order.spec, work.dispatcher.artifacts
    assert isinstance(spec, MixSpec)
    manifest = artifacts.get(Artifact(work.tenant, Kind.SEQUENCE, spec.sequence))
    sequence, made_by = manifest.expect(SequenceFacts), manifest.spec
    assert isinstance(made_by, ChosenSpec)
    pieces, songs = fetching.pieces(work, sequence), fetching.songs(work, sequence)
    titles = [song.title or key[:12] for key, song in songs.items()]
    title, output = title_of(titles), spec.output
    heard = [songs[step.song].title or step.song[:12] for step in sequence.steps]
    tags = {"title": title, "artist": "Segue", "comment": "Made of: " + ", ".join(titles)}
    measured = _measured(songs)
    path = work.folder / f"mix.{output.format}"
    rendered = render(
        pieces,
        lambda song, opened: fetching.open_song(work, song, opened),
        output,
        path,
        tags=tags,
        measured=measured,
        wishes=sequence.seam_wishes,
        rhythms=fetching.rhythms(work, spec),
        loudness_lufs=_loudness_kept(work, made_by),
        duration_s=_duration_asked(made_by),
        on_piece=lambda done, total: work.progress(done, total, "chunks", note=course_of(heard[:done])),
        check=work.check,
    )
    entries, snippets = with_snippets(
        entries_of(sequence, pieces, songs, rendered, output.sample_rate_hz),
        path,
        folder=work.folder,
        check=work.check,
    )
    pool = artifacts.get(Artifact(work.tenant, Kind.POOL, made_by.pool)).expect(PoolFacts)
    facts = MixFacts(
        title=title,
        format=output.format,
        duration_s=rendered.frames / output.sample_rate_hz,
        sample_rate_hz=output.sample_rate_hz,
        channels=output.channels,
        chunks=len(entries),
        songs=len(songs),
        approach=pool.approach,
        loudness_lufs=rendered.loudness_lufs,
    )
    report = report_of(facts, made_by, sequence, sum(pool.counts), output.seams, rendered, entries)
    cover = draw_cover_of(entries, rendered, duration_s=facts.duration_s)
    audio = tag_audio(path, entries, cover, tags=tags, duration_s=facts.duration_s)
    stored = work.attempt.put_file(facts.audio_file, audio, _CONTENT_TYPES[output.format])
    companions = accompany(
        facts,
        report,
        rendered,
        cover=cover,
        size_bytes=stored.size_bytes,
        chunks=fetching.chunk_payloads(work, sequence),
        gains_db={} if rendered.loudness_lufs is None else song_gains_db(measured, rendered.loudness_lufs),
    )
    for companion in (*companions, *snippets):
        work.attempt.put(companion.name, companion.data, companion.content_type)
    return facts


def preview_seam(work: Work) -> PreviewFacts:
    """Render some seconds of a mix around a seam, from where the mix's report says that it is."""
    spec = work.order.spec
    assert isinstance(spec, PreviewSpec)
    mix, chosen = fetching.mix_and_sequence(work, spec.mix)
    sequence = chosen.expect(SequenceFacts)
    told = work.dispatcher.artifacts.read(Artifact(work.tenant, Kind.MIX, spec.mix), "report.json")
    report = MixReport.model_validate_json(told)
    pieces, songs = fetching.pieces(work, sequence), fetching.songs(work, sequence)
    output = mix.output.model_copy(update={"format": spec.format, "bitrate_kbps": None})
    rhythms = fetching.rhythms(work, mix)
    wishes = changed_seam(
        sequence, pieces, spec.position, spec.change, rhythms=rhythms, blended=output.seams != "plain"
    )
    joint = joint_of(
        pieces,
        lambda song, opened: fetching.open_song(work, song, opened),
        output,
        measured=_measured(songs),
        wishes=wishes,
        rhythms=rhythms,
        loudness_lufs=report.loudness_lufs,
        duration_s=_duration_asked(chosen.spec),
    )
    path = work.folder / f"preview.{spec.format}"
    from_s = report.sequence[spec.position].mix_start_s - spec.around_s - LEAD_S
    begun = begun_at(report.sequence, pieces, from_s, output.sample_rate_hz)
    made = preview(joint, begun, spec.position, output, path, around_s=spec.around_s, check=work.check)
    facts = PreviewFacts(
        format=spec.format, duration_s=made.duration_s, seam_s=made.seam_s, manner=made.seam.manner
    )
    work.attempt.put_file(facts.audio_file, path, _CONTENT_TYPES[spec.format])
    return facts


def view_pool(work: Work) -> ViewFacts:
    """Look into the pool of a mix, for its map or for other chunks for one place."""
    spec = work.order.spec
    assert isinstance(spec, ViewSpec)
    mix, chosen = fetching.mix_and_sequence(work, spec.mix)
    assert isinstance(chosen.spec, ChosenSpec)
    stock, sequence = fetching.stock(work, mix, chosen.spec), chosen.expect(SequenceFacts)
    view: PoolMap | Candidates
    if spec.position is None:
        view = map_of(stock, sequence)
        shown = len(view.points)
    else:
        view = candidates_at(stock, sequence, chosen.spec.sequencing, spec.position)
        shown = len(view.candidates)
    work.attempt.put("view.json", to_json(view), "application/json")
    return ViewFacts(chunks=len(stock.pool), shown=shown)


def _measured(songs: dict[str, SongFacts]) -> Measured:
    return {key: (song.loudness_lufs, song.peak) for key, song in songs.items()}


def _loudness_kept(work: Work, made_by: ChosenSpec) -> float | None:
    """Return what songs were brought to in the mix that is revised: what stays is to sound the same."""
    if not isinstance(made_by, RevisedSpec):
        return None
    mix = work.dispatcher.artifacts.get(Artifact(work.tenant, Kind.MIX, made_by.mix))
    return mix.expect(MixFacts).loudness_lufs


def _duration_asked(made_by: AnySpec) -> float | None:
    """Return how long a mix was asked to be; what was revised since, or ends as a song does, is as it is."""
    if not isinstance(made_by, SequenceSpec) or made_by.sequencing.closing == "ending":
        return None
    return made_by.sequencing.duration_s


register(app, Task.BUILD_POOL, build_pool)
register(app, Task.SEQUENCE_MIX, sequence_mix)
register(app, Task.RENDER_MIX, render_mix)
register(app, Task.PREVIEW_SEAM, preview_seam)
register(app, Task.VIEW_POOL, view_pool)
register(app, Task.AIR_BLOCK, radio_tasks.air_block)
