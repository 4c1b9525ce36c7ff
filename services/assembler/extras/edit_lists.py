"""Edit lists: a mix as clips of its songs, for editors (CMX 3600) and for a DAW (a Reaper project).

Levels that change at seams, stretched time and the limiter are not in them: they say which sound lies where.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from services.assembler.extras.sections import Heard, Section
from services.assembler.tagging import clean_text

__all__ = ["edl", "reaper_project"]

EDL_FRAMES_PER_S = 30
_CLIP_NAME_MAX = 60
_DECKS = ("A", "B")
_ONE_SPEED = 1e-3
"""Where sound and mix differ less in length, nothing was stretched: sums of rounded samples differ, too."""


def edl(heard: Sequence[Heard], *, title: str) -> str:
    """Return a CMX 3600 list: an event for each chunk, cut in the middle of its fades.

    Times are hours, minutes, seconds and frames of 1/30 s, no frames dropped; each event is as long in its
    song as in the mix, and the next one begins where it ends.
    """
    lines = [f"TITLE: {_plain(title)}", "FCM: NON-DROP FRAME"]
    for number, each in enumerate(heard, start=1):
        begin, end = _frames(each.entry.mix_start_s), _frames(each.entry.mix_end_s)
        source = _frames(each.source_start_s)
        times = " ".join(map(_timecode, (source, source + end - begin, begin, end)))
        lines += ["", f"{number:03d}  AX       AA    C        {times}"]
        lines.append(f"* FROM CLIP NAME: {_plain(each.entry.title) or each.entry.song[:12]}")
        lines.append(f"* CHUNK {each.entry.chunk}, FADED IN FOR {each.fade_in_s:.3f} S")
    return "\n".join(lines) + "\n"


def reaper_project(
    heard: Sequence[Heard],
    sections: Sequence[Section],
    *,
    files: Mapping[str, str],
    gains_db: Mapping[str, float],
    sample_rate_hz: int,
) -> str:
    """Return a Reaper project: two tracks by turns, a clip for each chunk, a marker for each section.

    A clip plays a song's whole file from where the chunk is heard, so each seam can be moved by hand.

    Args:
        heard: the chunks.
        sections: of the mix.
        files: by song: its file, beside the project.
        gains_db: by song: what brings it to the mix's loudness.
        sample_rate_hz: of the mix.
    """
    lines = ['<REAPER_PROJECT 0.1 "6.0"', f"  SAMPLERATE {sample_rate_hz} 1 0"]
    for number, section in enumerate(sections, start=1):
        lines.append(f"  MARKER {number} {section.start_s:.6f} {_quoted(section.title)} 0")
    decks = _decks(heard)
    for deck, name in enumerate(_DECKS):
        lines += ["  <TRACK", f'    NAME "{name}"']
        for each, own in zip(heard, decks, strict=True):
            if own == deck:
                lines += _item(each, files[each.entry.song], gains_db.get(each.entry.song, 0.0))
        lines.append("  >")
    return "\n".join([*lines, ">"]) + "\n"


def _decks(heard: Sequence[Heard]) -> list[int]:
    """Return the track of each chunk: the other one after a fade, so that both sides of it can be seen."""
    deck, decks = 0, []
    for each in heard:
        deck = 1 - deck if each.fade_in_s else deck
        decks.append(deck)
    return decks


def _item(each: Heard, file: str, gain_db: float) -> Iterator[str]:
    start_s = max(0.0, each.entry.mix_start_s - each.fade_in_s / 2)
    lead_s = each.entry.mix_start_s - start_s
    speed = (each.source_end_s - each.source_start_s) / each.duration_s if each.duration_s > 0 else 1.0
    speed = 1.0 if abs(speed - 1) < _ONE_SPEED else speed
    name = _quoted(f"{each.entry.position}: {each.entry.title}, chunk {each.entry.chunk}")
    yield "    <ITEM"
    yield f"      POSITION {start_s:.9f}"
    yield f"      LENGTH {each.entry.mix_end_s + each.fade_out_s / 2 - start_s:.9f}"
    yield f"      FADEIN 1 {each.fade_in_s:.6f} 0"
    yield f"      FADEOUT 1 {each.fade_out_s:.6f} 0"
    yield f"      NAME {name}"
    yield f"      VOLPAN {10 ** (gain_db / 20):.6f} 0 1 -1"
    yield f"      SOFFS {max(0.0, each.source_start_s - lead_s * speed):.9f}"
    yield f"      PLAYRATE {speed:.9f} 1 0 -1 0 0.0025"
    yield "      <SOURCE FLAC"
    yield f"        FILE {_quoted(file)}"
    yield "      >"
    yield "    >"


def _frames(time_s: float) -> int:
    return round(time_s * EDL_FRAMES_PER_S)


def _timecode(frames: int) -> str:
    seconds, frames = divmod(frames, EDL_FRAMES_PER_S)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}:{frames:02d}"


def _plain(text: str) -> str:
    """Return a text in the letters that such lists know, as one line."""
    cleaned = clean_text(text, limit=_CLIP_NAME_MAX)
    return cleaned.encode("ascii", "replace").decode()


def _quoted(text: str) -> str:
    """Return a text in quotation marks, without any inside: the format knows no escape."""
    return '"' + clean_text(text).replace('"', "'") + '"'
