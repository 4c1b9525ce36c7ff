"""A mix as rekordbox imports it: a track with a cue point for each section."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote
from xml.etree import ElementTree

from services.assembler.extras.chapters import Chapter
from services.assembler.extras.palette import Colour
from services.assembler.tagging import clean_text
from shared.store.manifests import MixFacts

__all__ = ["rekordbox_xml"]

_KINDS = {"mp3": "MP3 File", "wav": "WAV File", "flac": "FLAC File", "ogg": "OGG File"}
_HOT_CUES = 8
"""So many cue points get a button; all are memory cues."""


def rekordbox_xml(
    mix: MixFacts, chapters: Sequence[Chapter], colours: Sequence[Colour], *, size_bytes: int
) -> bytes:
    """Return a DJ_PLAYLISTS document, version 1.0.0: the mix, its cue points, and a playlist of it alone.

    The file is named without a folder: rekordbox asks where it lies. Tempo is left to rekordbox.

    Args:
        mix: what was rendered.
        chapters: one for each cue point.
        colours: of the chapters.
        size_bytes: of the audio.
    """
    root = ElementTree.Element("DJ_PLAYLISTS", Version="1.0.0")
    ElementTree.SubElement(root, "PRODUCT", Name="Segue", Version="1", Company="")
    collection = ElementTree.SubElement(root, "COLLECTION", Entries="1")
    track = ElementTree.SubElement(
        collection,
        "TRACK",
        TrackID="1",
        Name=clean_text(mix.title),
        Artist="Segue",
        Kind=_KINDS[mix.format],
        Size=str(size_bytes),
        TotalTime=str(round(mix.duration_s)),
        SampleRate=str(mix.sample_rate_hz),
        Location=f"file://localhost/{quote(mix.audio_file)}",
    )
    _add_cue_points(track, chapters, colours)
    playlists = ElementTree.SubElement(root, "PLAYLISTS")
    folder = ElementTree.SubElement(playlists, "NODE", Type="0", Name="ROOT", Count="1")
    playlist = ElementTree.SubElement(folder, "NODE", Name="Segue", Type="1", KeyType="0", Entries="1")
    ElementTree.SubElement(playlist, "TRACK", Key="1")
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _add_cue_points(
    track: ElementTree.Element, chapters: Sequence[Chapter], colours: Sequence[Colour]
) -> None:
    for number, (chapter, colour) in enumerate(zip(chapters, colours, strict=True)):
        mark = {"Name": chapter.title, "Type": "0", "Start": f"{chapter.start_s:.3f}"}
        ElementTree.SubElement(track, "POSITION_MARK", mark | {"Num": "-1"})
        if number < _HOT_CUES:
            parts = zip(("Red", "Green", "Blue"), colour, strict=True)
            shade = {name: str(round(255 * part)) for name, part in parts}
            ElementTree.SubElement(track, "POSITION_MARK", mark | {"Num": str(number)} | shade)
