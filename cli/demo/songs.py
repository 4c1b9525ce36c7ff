"""The five demo songs as data: tempo, key, chords, patterns and form.

Patterns are tracker rows of 16 steps a bar, spaces only for the eye; a row shorter than its section repeats.
`.` rests and `-` holds the note before it. Drums and keys are struck by `X` (hard), `x` and `o` (soft).
In `bass` and `arpeggio` a digit is a chord tone (0 root, 1 third, 2 fifth, 3 seventh, 4 the octave and so
on); in `lead` it is a step of the key's pentatonic scale.
"""

from __future__ import annotations

from dataclasses import dataclass

from cli.demo import instruments
from cli.demo.harmony import Key
from cli.demo.instruments import Instrument

BEATS_PER_BAR = 4
STEPS_PER_BAR = 16


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a song in which the same parts play."""

    name: str
    bars: int
    parts: frozenset[str]
    brightness_hz: tuple[float, float]
    """Cutoff of the low-pass over the synthesisers, at the section's start and at its end."""
    stop_beats: float = 0.0
    """How long everything falls silent before the next section."""
    chords: tuple[str, ...] | None = None
    """One a bar, repeated; None takes the song's."""


@dataclass(frozen=True, slots=True)
class Song:
    """One song: what `arrangement.arrange` needs to write its notes."""

    title: str
    style: str
    tempo_bpm: float
    key: Key
    seed: int
    chords: tuple[str, ...]
    patterns: dict[str, str]
    keys: Instrument
    backbeat: Instrument
    form: tuple[Section, ...]
    swing: float = 0.5
    """Share of a pair of steps that the first one takes: 0.5 is straight, 0.67 a triplet."""
    swing_step_beats: float = 0.25

    @property
    def beat_s(self) -> float:
        """Return the length of a beat in seconds."""
        return 60 / self.tempo_bpm

    @property
    def bars(self) -> int:
        """Return the length of the form in bars."""
        return sum(section.bars for section in self.form)


def _section(name: str, bars: int, parts: str, brightness_hz: tuple[float, float], stop_beats: float = 0.0,
             chords: tuple[str, ...] | None = None) -> Section:  # fmt: skip
    return Section(name, bars, frozenset(parts.split()), brightness_hz, stop_beats, chords)


NIGHT_FERRY = Song(
    title="Night Ferry",
    style="deep house",
    tempo_bpm=122,
    key=Key("A", "minor"),
    seed=1,
    swing=0.54,
    chords=("Am9", "Dm9", "Fmaj7", "Am7"),
    patterns={
        "kick": "X... X... X... X...",
        "backbeat": ".... X... .... X...",
        "closed_hat": "o.o. o.o. o.o. o.oo",
        "open_hat": "..X. ..X. ..X. ..X.",
        "shaker": "oxXo oxXo oxXo oxXx",
        "bass": "0-.. ..0. .2-. 3-4. 0-.. ..0. ..0- 2-3-",
        "keys": "...X --.. ..x- .... ..X- -... .x-- ....",
        "arpeggio": "0.2. 4.3. 5.2. 4.3.",
        "lead": "4--- --3- 2--- .... ..1- 2--- 0--- .... 4--- --5- 3--- .... ..2- 1-2- 0--- ----",
    },
    keys=instruments.electric_piano,
    backbeat=instruments.clap,
    form=(
        _section("intro", 4, "kick closed_hat shaker pad", (300, 900)),
        _section("groove", 8, "crash kick backbeat closed_hat open_hat shaker bass keys", (1200, 2200), 1.0),
        _section("breakdown", 6, "crash pad keys lead", (700, 2500), 1.0, ("Fmaj9", "Em7", "Dm9", "Am9")),
        _section("build", 4, "pad arpeggio roll riser shaker", (600, 5000), 1.0),
        _section(
            "drop", 12, "crash kick backbeat closed_hat open_hat shaker bass keys lead", (4500, 6500), 0.5
        ),
        _section("outro", 4, "kick closed_hat shaker bass pad", (2000, 400)),
    ),
)

CAFE_MERIDIAN = Song(
    title="Café Meridian",
    style="lounge",
    tempo_bpm=96,
    key=Key("F", "major"),
    seed=2,
    swing=0.62,
    swing_step_beats=0.25,
    chords=("Fmaj9", "Dm7", "Bbmaj7", "C13"),
    patterns={
        "kick": "X.... ..o X.X. .... X.... ..o ..X. ..o.",
        "backbeat": ".... X... .... X..o",
        "closed_hat": "x.o. x.oo x.o. x.o.",
        "open_hat": ".... .... .... ..o.",
        "shaker": "o.xo o.xo o.xo o.xo",
        "bass": "0--- ..0- 2--. 3-2. 0--- ..2- 4-3. 2-1.",
        "keys": "X--- ..x- -... .x-. ...X --.. x--- ....",
        "arpeggio": "..2. .4.. 5..3 ..4.",
        "lead": "2--- 3-4- --.. .... 5--- 4-3- 2--. ..1- 2--- --3- 1--- .... 0-1- 2--- ---- ....",
    },
    keys=instruments.electric_piano,
    backbeat=instruments.rim,
    form=(
        _section("intro", 4, "keys shaker", (900, 2500)),
        _section("verse", 8, "kick backbeat closed_hat shaker bass keys", (2500, 2500), 1.0),
        _section("breakdown", 4, "pad keys arpeggio", (800, 2600), 1.0, ("Bbmaj9", "Am7", "Gm9", "C13")),
        _section(
            "chorus", 8, "crash kick backbeat closed_hat open_hat shaker bass keys lead", (3500, 4500), 1.0
        ),
        _section("outro", 4, "backbeat shaker bass keys pad", (2500, 600)),
    ),
)

TERMINAL_SIX = Song(
    title="Terminal Six",
    style="tech house",
    tempo_bpm=126,
    key=Key("D", "minor"),
    seed=3,
    swing=0.53,
    chords=("Dm7", "Dm7", "Dm7", "Bbmaj7"),
    patterns={
        "kick": "X... X... X... X...",
        "backbeat": ".... X... .... X..o",
        "closed_hat": "o.xo o.xo o.xo o.xo",
        "open_hat": "..X. ..X. ..X. ..X.",
        "shaker": "xoxo xoxo xoxo xoxo",
        "bass": "..0. .00. ..3. .04. ..0. .00. ..2- .3..",
        "keys": "..X. .... .x.. .... ..X. .... .... x...",
        "arpeggio": "0.40 .2.0 4.0. 3.2.",
        "lead": "5... .4.. .... .... 5... .4.. 3... ....",
    },
    keys=instruments.saw_stab,
    backbeat=instruments.clap,
    form=(
        _section("intro", 6, "kick closed_hat shaker", (400, 400)),
        _section("groove", 8, "crash kick backbeat closed_hat open_hat bass", (800, 800), 1.0),
        _section(
            "groove with stabs", 8, "kick backbeat closed_hat open_hat shaker bass keys", (600, 2600), 0.5
        ),
        _section("breakdown", 4, "crash pad arpeggio", (400, 1800), 0.0, ("Gm9", "Bbmaj7", "Dm7", "Am7")),
        _section("build", 4, "arpeggio keys roll riser", (700, 6000), 1.0),
        _section(
            "drop",
            8,
            "crash kick backbeat closed_hat open_hat shaker bass keys arpeggio lead",
            (3500, 6500),
            0.5,
        ),
        _section("outro", 4, "kick closed_hat bass shaker", (1500, 500)),
    ),
)

RAIN_ON_GLASS = Song(
    title="Rain on Glass",
    style="nu-jazz lounge",
    tempo_bpm=104,
    key=Key("Bb", "major"),
    seed=4,
    swing=0.58,
    chords=("Cm9", "F13", "Bbmaj9", "Bb6"),
    patterns={
        "kick": "X..o ..X. ..X. .... X... ..X. .oX. ....",
        "backbeat": ".... X..o .o.. X... .... X..o .... X.o.",
        "closed_hat": "x.xo x.xo x.xo x.xo",
        "open_hat": ".... .... .... .... .... .... .... ..X.",
        "shaker": "..x. ..x. ..x. ..x.",
        "bass": "0-.0 ..2- 3-.. 2-1- 0-.. 4-3- ..2- 1-0.",
        "keys": "X-.. ..X- -... .... .... x--. ..x- -...",
        "arpeggio": "4.3. 2.1. ..3. 5...",
        "lead": "..3- 4-5- ---. 4-3- 2--- --.. .... .... ..2- 3-4- ---. 3-2- 0--- ---- .... ....",
    },
    keys=instruments.electric_piano,
    backbeat=instruments.snare,
    form=(
        _section("intro", 4, "keys closed_hat", (1500, 3000), 1.0),
        _section("verse", 8, "kick backbeat closed_hat shaker bass keys", (3000, 3000), 1.0),
        _section("solo", 8, "crash kick backbeat closed_hat open_hat bass keys lead", (3500, 4500), 1.0),
        _section("interlude", 4, "pad arpeggio shaker", (700, 2200), 1.0, ("Ebmaj9", "Dm7", "Cm9", "Bbmaj9")),
        _section(
            "chorus", 4, "kick backbeat closed_hat open_hat shaker bass keys arpeggio lead", (4500, 6000), 1.0
        ),
        _section("outro", 4, "closed_hat bass keys pad", (3000, 700)),
    ),
)

FIRST_LIGHT = Song(
    title="First Light",
    style="sunrise house",
    tempo_bpm=118,
    key=Key("E", "minor"),
    seed=5,
    swing=0.5,
    chords=("Em9", "Cmaj7", "Em7", "Bm7"),
    patterns={
        "kick": "X... X... X... X...",
        "backbeat": ".... X... .... X...",
        "closed_hat": "o... o... o... o..o",
        "open_hat": "..X. ..X. ..X. ..X.",
        "shaker": "o.xo o.xo o.xo o.xo",
        "bass": "..0- ..0- ..0- ..2- ..0- ..0- ..4- 3-2-",
        "keys": "X--- .... ..X- -... ...X --.. ..x- ....",
        "arpeggio": "0246 4240 2464 2035",
        "lead": "5--- ---- 4--- 3--- 2--- ---- ---- .... 3--- ---- 4--- 2--- 0--- ---- ---- ....",
    },
    keys=instruments.saw_stab,
    backbeat=instruments.clap,
    form=(
        _section("intro", 6, "pad arpeggio", (300, 1600), 0.5),
        _section("groove", 8, "crash kick backbeat closed_hat shaker bass arpeggio", (1200, 3000), 1.0),
        _section("breakdown", 6, "crash pad lead arpeggio", (600, 2200), 0.0, ("Em9", "Cmaj7", "G6", "D6")),
        _section("build", 4, "pad arpeggio roll riser", (900, 7000), 1.0),
        _section(
            "drop",
            10,
            "crash kick backbeat closed_hat open_hat shaker bass keys arpeggio lead",
            (5000, 7500),
            0.5,
        ),
        _section("outro", 4, "kick shaker pad arpeggio", (2500, 300)),
    ),
)

SONGS = (NIGHT_FERRY, CAFE_MERIDIAN, TERMINAL_SIX, RAIN_ON_GLASS, FIRST_LIGHT)
