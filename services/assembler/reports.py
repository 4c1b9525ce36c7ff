"""What a mix tells of itself: its report, its cue sheet, its labels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from pydantic import BaseModel, ConfigDict, Field

from shared.parameters import Limits
from shared.revisions import Ban
from shared.sound.decoding import clean_text
from shared.store.manifests import EditDone, FormFacts

WORST_SEAMS = 5
CUE_FRAMES_PER_S = 75
CUE_TRACKS_MAX = 99
"""A cue sheet holds no more tracks than a compact disc."""


class SeamEntry(BaseModel):
    """How a chunk was joined to the one before."""

    model_config = ConfigDict(frozen=True)

    manner: str = Field(
        description="`continues`: the song plays on; `blend`: it was faded; `bass_swap`: so, but the bass "
        "changed at once; `cut`: a hard join; `echo_out`: the chunk before echoes away."
    )
    fade_s: float = Field(
        description="Length of the fade, of which `mix_start_s` is the middle; of an echo, from there."
    )
    leaves_s: float = Field(description="How much later than at its end the chunk before is left there.")
    enters_s: float = Field(description="How much later than at its beginning this chunk is entered there.")
    gain_db: float = Field(description="What its level was changed by there; that goes back slowly.")
    step_lu: float = Field(description="By how much its first 0.4 s are louder than the last before.")
    correlations: list[float] = Field(
        description="Of both sounds in the fade, low, middle and high: 1 is the same sound, 0 another."
    )
    jolt: float = Field(
        description="The largest step of level at the fade's beginning, middle and end: "
        "|ln(after / before)|, 20 ms each."
    )
    fades_s: list[float] = Field(
        [], description="How long the low (to 150 Hz), the middle (to 2.5 kHz) and the high band fade."
    )
    timing: str = Field(
        "free",
        description="What goes on across it: `bar` or `beat`; `free`: one of the songs has no sure beat.",
    )
    tempo_step: float | None = Field(
        None,
        description="Its tempo beside the one before, as heard, 2:1 and 3:2 as one: 0.01 is 1 % faster; "
        "null: `free`.",
    )
    stretch: float = Field(
        0.0,
        description="How much faster than by itself its song is played there, for beats to go on; 0.01: 1 %.",
    )
    stretched_s: float = Field(
        0.0,
        description="How long it then takes to come back to its own tempo, from 4 s behind its beginning on.",
    )
    vetoes: list[str] = Field(
        [],
        description="What speaks against it: a step of `level` (over 4 dB) or of the `kick` (40 to 120 Hz, "
        "over 6 dB), other attacks (`onset`, over 4 dB), another `timbre` (cosine below 0.55, or 0.1 "
        "lower than if the one before played on), another `tempo`, a broken `bar`, a clash of pitch classes "
        "(`key`).",
    )
    snippet: str | None = Field(
        None, description="Of the worst seams: where below the mix 5 s to either side can be heard."
    )

    @property
    def is_fade(self) -> bool:
        """Whether both sides sound together around its middle."""
        return self.manner in ("blend", "bass_swap")


class Entry(BaseModel):
    """One chunk of a mix: where it comes from, where it is, and how well it follows the one before."""

    model_config = ConfigDict(frozen=True)

    position: int = Field(description="Its place in the mix, from 0.")
    song: str = Field(description="Id of its song.")
    title: str = Field(description="Title of its song.")
    artist: str | None = Field(description="Artist of its song, if the file says.")
    chunk: int = Field(description="Its number in the song's cut, from 0.")
    source_start_s: float = Field(description="Where it begins in its song.")
    source_end_s: float = Field(description="Where it ends in its song.")
    mix_start_s: float = Field(description="Where it begins in the mix.")
    mix_end_s: float = Field(description="Where it ends in the mix.")
    score: float | None = Field(
        description="How well it follows the one before, from 0 to 1; null for the first."
    )
    seam: SeamEntry | None = Field(None, description="How it was joined; null for the first.")
    pinned: bool = Field(False, description="Whether edits leave it as it is.")


class MixReport(BaseModel):
    """Everything that was done to make a mix."""

    model_config = ConfigDict(frozen=True)

    title: str
    approach: str = Field(description="What judged the transitions.")
    model: str = Field(description="Id of the model.")
    pool: str = Field(description="Id of the pool.")
    pool_chunks: int = Field(description="Chunks that there were to choose from.")
    format: str
    sample_rate_hz: int
    channels: int
    duration_s: float
    peak: float = Field(description="Largest magnitude of a sample, from 0 to 1.")
    joins: str = Field(description="How chunks were joined: `blend`, or `plain`, end to end.")
    loudness_lufs: float | None = Field(
        description="What all songs were brought to: as asked, or quieter where a song would have had to be "
        "limited much; null: songs are as they are."
    )
    limited_db: float = Field(description="By how much the limiter held the loudest place back.")
    worst_seams: list[int] = Field(description="Positions of the chunks whose seams are worst, five at most.")
    songs: int = Field(description="Songs used.")
    mean_score: float | None = Field(description="Mean over all steps; null for a mix of one chunk.")
    method: str = Field(description="How chunks were chosen: `beam`, `greedy` or `sample`.")
    limits: Limits | None = Field(
        description="Limits in force, as far as the pool could meet them; null: the method knows none."
    )
    energy_off: float | None = Field(
        None,
        description="How far the energy of chunks, from 0 to 1, is from what was wanted, on average; null: "
        "any was.",
    )
    form: FormFacts | None = Field(
        None, description="Where it begins and ends, and where songs are left and entered; null: unknown."
    )
    replays: int = Field(description="Steps that take the chunk that followed in the song anyway.")
    replay_share: float = Field(description="Their share of all steps, from 0 to 1.")
    longest_run_s: float = Field(description="Longest stretch out of one song.")
    revision_of: str | None = Field(None, description="Id of the mix that it is a revision of.")
    edits: list[EditDone] = Field([], description="What each edit of that mix came to.")
    banned: list[Ban] = Field([], description="Chunks and songs that no revision brings back.")
    sequence: list[Entry]


def count_replays(entries: Sequence[Entry]) -> int:
    """Count the steps to the chunk that follows in the same song."""
    return sum(
        after.song == before.song and after.chunk == before.chunk + 1 for before, after in pairwise(entries)
    )


def worst_seams(entries: Sequence[Entry]) -> list[int]:
    """Return the positions of the chunks against whose fades most speaks, then those that jolt most."""
    blended = [entry for entry in entries if entry.seam is not None and entry.seam.is_fade]

    def badness(entry: Entry) -> tuple[int, float]:
        return (len(entry.seam.vetoes), entry.seam.jolt) if entry.seam else (0, 0.0)

    worst = sorted(blended, key=badness, reverse=True)
    return [entry.position for entry in worst[:WORST_SEAMS]]


def longest_run_s(entries: Sequence[Entry]) -> float:
    """Return how long the longest stretch out of one song is."""
    runs = (list(run) for _, run in groupby(entries, key=lambda entry: entry.song))
    return max((sum(entry.source_end_s - entry.source_start_s for entry in run) for run in runs), default=0.0)


def cue_sheet(entries: Sequence[Entry], *, title: str, audio_file: str) -> str:
    """Return a cue sheet: a track wherever the mix comes to another song.

    Times are in minutes, seconds and frames of 1/75 s. Past 99 tracks, the last one holds the rest.
    """
    kind = {"mp3": "MP3", "wav": "WAVE"}.get(audio_file.rsplit(".", 1)[-1], "WAVE")
    lines = [f'TITLE "{_quoted(title)}"', f'FILE "{_quoted(audio_file)}" {kind}']
    changes = [
        entry
        for before, entry in zip([None, *entries], entries, strict=False)
        if before is None or before.song != entry.song
    ]
    for number, entry in enumerate(changes[:CUE_TRACKS_MAX], start=1):
        lines += [f"  TRACK {number:02d} AUDIO", f'    TITLE "{_quoted(entry.title)}"']
        if entry.artist:
            lines.append(f'    PERFORMER "{_quoted(entry.artist)}"')
        lines.append(f"    INDEX 01 {_cue_time(entry.mix_start_s)}")
    return "\n".join(lines) + "\n"


def labels(entries: Sequence[Entry]) -> str:
    """Return a label track as Audacity reads it: a line for each chunk, with its manner of joining."""
    lines = []
    for entry in entries:
        manner = f" ({entry.seam.manner})" if entry.seam else ""
        text = f"{entry.position}: {clean_text(entry.title) or entry.song[:12]}, chunk {entry.chunk}{manner}"
        lines.append(f"{entry.mix_start_s:.6f}\t{entry.mix_end_s:.6f}\t{text}\n")
    return "".join(lines)


def _cue_time(time_s: float) -> str:
    frames = round(time_s * CUE_FRAMES_PER_S)
    seconds, frames = divmod(frames, CUE_FRAMES_PER_S)
    return f"{seconds // 60:02d}:{seconds % 60:02d}:{frames:02d}"


def _quoted(text: str) -> str:
    """Return a text as one line without quotation marks, for which a cue sheet knows no escape."""
    return (clean_text(text) or "").replace('"', "'")
