"""Make all that comes with a mix, once its sound is rendered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.assembler.extras.chapters import chapters_of
from services.assembler.extras.comments import comments_of, picture_block
from services.assembler.extras.edit_lists import edl, reaper_project
from services.assembler.extras.flac import retag_flac
from services.assembler.extras.id3 import retag_mp3, tag_bytes
from services.assembler.extras.ogg import retag_ogg
from services.assembler.extras.packaging import package_of, song_files
from services.assembler.extras.palette import COVER_PX, colours_of
from services.assembler.extras.rekordbox import rekordbox_xml
from services.assembler.extras.sections import Section, heard_of, sections_of, song_changes
from services.assembler.extras.snippets import cut_snippet
from services.assembler.rendering import Rendered
from services.assembler.reports import Entry, MixReport, cue_sheet, labels, worst_seams
from shared.store.manifests import MixFacts
from shared.store.packages import PACKAGE_FILE, snippet_file

__all__ = ["Companion", "accompany", "tag_audio", "with_snippets"]

_TEXT, _JSON = "text/plain; charset=utf-8", "application/json"


@dataclass(frozen=True)
class Companion:
    """A file that comes with a mix."""

    name: str
    content_type: str
    data: bytes


def with_snippets(
    entries: Sequence[Entry], mix: Path, *, folder: Path, check: Callable[[], None] = lambda: None
) -> tuple[list[Entry], list[Companion]]:
    """Cut a snippet of each of the worst seams; return the entries that tell of them, and the snippets.

    Args:
        entries: the chunks of the mix.
        mix: its sound.
        folder: for a temporary file.
        check: called between; it may raise to stop.
    """
    told, snippets = {entry.position: entry for entry in entries}, []
    for position in worst_seams(entries):
        check()
        entry, path = told[position], folder / snippet_file(position)
        assert entry.seam is not None
        cut_snippet(mix, path, entry.mix_start_s, title=f"Seam {position}: {entry.title}", check=check)
        snippets.append(Companion(path.name, "audio/mpeg", path.read_bytes()))
        path.unlink()
        seam = entry.seam.model_copy(update={"snippet": f"seams/{position}/audio"})
        told[position] = entry.model_copy(update={"seam": seam})
    return list(told.values()), snippets


def tag_audio(
    mix: Path, entries: Sequence[Entry], cover: bytes, *, tags: Mapping[str, str], duration_s: float
) -> Path:
    """Give a mix its chapters and its cover, and return the file that counts; a WAV stays as it is.

    Raises:
        ValueError: a tag is unknown.
    """
    tagged = mix.with_name(f"tagged{mix.suffix}")
    chapters = chapters_of(sections_of(entries), duration_s=duration_s)
    match mix.suffix:
        case ".mp3":
            retag_mp3(mix, tagged, tag_bytes(tags, chapters, cover))
        case ".flac":
            retag_flac(mix, tagged, comments_of(tags, chapters), picture_block(cover, COVER_PX))
        case ".ogg":
            retag_ogg(mix, tagged, comments_of(tags, chapters), picture_block(cover, COVER_PX))
        case _:
            return mix
    return tagged


def draw_cover_of(entries: Sequence[Entry], rendered: Rendered, *, duration_s: float) -> bytes:
    """Return the cover of a mix as JPEG."""
    from services.assembler.extras.cover import draw_cover  # matplotlib: no other task needs it.

    return draw_cover(sections_of(entries), np.array(rendered.levels), duration_s=duration_s)


def accompany(
    mix: MixFacts,
    report: MixReport,
    rendered: Rendered,
    *,
    cover: bytes,
    size_bytes: int,
    chunks: Sequence[tuple[str, str]],
    gains_db: Mapping[str, float],
) -> list[Companion]:
    """Return every file that comes with a mix, but for its sound and the snippets.

    Args:
        mix: what was rendered.
        report: what it tells of itself.
        rendered: its outline.
        cover: as JPEG.
        size_bytes: of the sound.
        chunks: of each entry: the key of its cut, and the name of its payload there.
        gains_db: by song: what brought it to the mix's loudness.
    """
    entries = report.sequence
    sections, heard = sections_of(entries), heard_of(entries)
    files = song_files(sections)
    project = reaper_project(
        heard, sections, files=files, gains_db=gains_db, sample_rate_hz=mix.sample_rate_hz
    )
    cue = cue_sheet(entries, title=mix.title, audio_file=mix.audio_file)
    made = [
        Companion("mix.cue", "application/x-cue", cue.encode()),
        Companion("labels.txt", _TEXT, labels(entries).encode()),
        Companion("report.json", _JSON, report.model_dump_json(indent=1).encode()),
        Companion("peaks.json", _JSON, json.dumps({"peaks": rendered.peaks}).encode()),
        Companion("cover.jpg", "image/jpeg", cover),
        Companion("plot.svg", "image/svg+xml", _plot(mix, report, rendered, sections)),
        Companion("mix.edl", _TEXT, edl(heard, title=mix.title).encode()),
        Companion("mix.rpp", _TEXT, project.encode()),
        Companion("rekordbox.xml", "application/xml", _rekordbox(mix, sections, size_bytes)),
    ]
    payloads = [mix.audio_file, *(each.name for each in made)]
    package = package_of(entries, files, chunks, payloads).model_dump_json(indent=1)
    return [*made, Companion(PACKAGE_FILE, _JSON, package.encode())]


def _plot(mix: MixFacts, report: MixReport, rendered: Rendered, sections: Sequence[Section]) -> bytes:
    from services.assembler.extras.plot import draw_plot

    return draw_plot(
        report.sequence,
        sections,
        np.array(rendered.levels),
        worst=report.worst_seams,
        title=mix.title,
        duration_s=mix.duration_s,
    ).encode()


def _rekordbox(mix: MixFacts, sections: Sequence[Section], size_bytes: int) -> bytes:
    chapters, colours = chapters_of(sections, duration_s=mix.duration_s), colours_of(song_changes(sections))
    shades = [colours[section.song] for section in sections[: len(chapters)]]
    return rekordbox_xml(mix, chapters, shades, size_bytes=size_bytes)
