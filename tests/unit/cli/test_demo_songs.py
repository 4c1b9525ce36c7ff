"""The demo songs are what their table says: measured on the sound, not read from the data."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.demo import SONGS, effects, filters, instruments, render, write_demo_songs
from cli.demo.arrangement import Step, arrange, fit_form, steps, swung
from cli.demo.filters import SAMPLE_RATE_HZ
from cli.demo.harmony import PITCH_CLASSES, parse_chord, voicing
from cli.demo.songs import BEATS_PER_BAR
from shared.errors import BadSetting

SHORT_S = 32.0
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
HOP = 441

every_song = pytest.mark.parametrize("song", SONGS, ids=lambda song: song.title)


@pytest.fixture(scope="module")
def short_songs():
    """Return every song's short form as float64 in [-1, 1], shape (n, 2), by title."""
    return {song.title: render(song, seconds=SHORT_S) / 32768 for song in SONGS}


def onset_tempo_bpm(samples):
    """Measure the tempo, between 85 and 140 bpm: the best lag of the spectral flux's autocorrelation."""
    frames = np.lib.stride_tricks.sliding_window_view(samples.mean(axis=1), 1024)[::HOP]
    magnitudes = np.log1p(4 * np.abs(np.fft.rfft(frames * np.hanning(1024))))
    flux = np.maximum(np.diff(magnitudes, axis=0), 0).sum(axis=1)
    flux -= flux.mean()
    correlation = np.fft.irfft(np.abs(np.fft.rfft(flux, 2 * len(flux))) ** 2)
    frames_per_s = SAMPLE_RATE_HZ / HOP
    lags = np.arange(int(60 * frames_per_s / 140), int(60 * frames_per_s / 85))
    beat = lags[np.argmax(correlation[lags])]
    # Four beats on, the lag's rounding counts a quarter.
    bar = np.arange(4 * beat - 4, 4 * beat + 5)
    return 60 * frames_per_s * 4 / bar[np.argmax(correlation[bar])]


def chroma(samples, low_hz, high_hz):
    """Sum the magnitude of each pitch class between two frequencies, shape (12,)."""
    size = 1 << 16  # tells semitones apart from 40 Hz up
    frames = np.lib.stride_tricks.sliding_window_view(samples.mean(axis=1), size)[:: size // 4]
    magnitude = np.abs(np.fft.rfft(frames * np.hanning(size))).mean(axis=0)
    hz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)
    band = (hz > low_hz) & (hz < high_hz)
    pitch_class = np.round(69 + 12 * np.log2(hz[band] / 440)).astype(int) % 12
    return np.bincount(pitch_class, magnitude[band], 12)


def rms(samples):
    return np.sqrt(np.mean(np.square(samples)))


# The songs as sound


@every_song
def test_tempo_is_the_claimed_one(song, short_songs):
    assert onset_tempo_bpm(short_songs[song.title]) == pytest.approx(song.tempo_bpm, rel=0.02)


def test_tempos_and_keys_are_distinct():
    assert len({song.tempo_bpm for song in SONGS}) == len({song.key for song in SONGS}) == 5


@every_song
def test_scale_is_that_of_the_claimed_key(song, short_songs):
    heard = chroma(short_songs[song.title], 100, 800)
    tonic = PITCH_CLASSES[song.key.tonic]
    shares = [heard[[(root + step) % 12 for step in SCALES[song.key.mode]]].sum() for root in range(12)]
    assert np.argmax(shares) == tonic


@every_song
def test_low_end_rests_on_the_tonic(song, short_songs):
    assert np.argmax(chroma(short_songs[song.title], 38, 160)) == PITCH_CLASSES[song.key.tonic]


@every_song
def test_level_is_mastered(song, short_songs):
    samples = short_songs[song.title]
    assert np.abs(samples).max() < 10 ** (-1 / 20)
    assert -17.5 < 20 * np.log10(rms(samples)) < -14.5
    assert np.abs(samples.mean(axis=0)).max() < 1e-3


@every_song
def test_sides_differ_but_belong_together(song, short_songs):
    assert 0.3 < np.corrcoef(short_songs[song.title].T)[0, 1] < 0.97


@every_song
def test_stops_are_near_silence_and_the_next_section_is_not(song, short_songs):
    score = arrange(fit_form(song, SHORT_S), np.random.default_rng(0))
    samples = short_songs[song.title]
    assert score.stops_s
    for start_s, end_s in score.stops_s:
        quiet = samples[round((start_s + 0.12) * SAMPLE_RATE_HZ) : round((end_s - 0.005) * SAMPLE_RATE_HZ)]
        after = samples[round(end_s * SAMPLE_RATE_HZ) :][: SAMPLE_RATE_HZ // 2]
        assert rms(quiet) < 10 ** (-50 / 20) < 10 ** (-35 / 20) < rms(after)


def test_full_song_has_its_own_length_and_a_breakdown_without_low_end():
    song = SONGS[0]
    samples = render(song) / 32768
    score = arrange(song, np.random.default_rng(0))
    assert len(samples) == round(score.length_s * SAMPLE_RATE_HZ)
    low = {}
    for section, start_s in zip(score.sections, score.edges_s, strict=True):
        piece = samples[round(start_s * SAMPLE_RATE_HZ) :][: 4 * SAMPLE_RATE_HZ].mean(axis=1)
        power = np.abs(np.fft.rfft(piece)) ** 2
        low[section.name] = power[: 4 * 120].sum()
    assert low["breakdown"] < 0.1 * low["drop"]


@every_song
def test_own_length_is_60_to_90_s(song):
    assert 60 <= arrange(song, np.random.default_rng(0)).length_s <= 90


# Files


def test_same_call_writes_the_same_bytes(tmp_path):
    first = write_demo_songs(tmp_path / "a", seconds=6)
    second = write_demo_songs(tmp_path / "b", seconds=6)
    assert len({path.read_bytes() for path in first}) == len(SONGS)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    for path, song in zip(first, SONGS, strict=True):
        with soundfile.SoundFile(path) as file:
            assert (file.samplerate, file.channels, file.subtype) == (44_100, 2, "PCM_16")
            assert (file.title, file.genre) == (song.title, song.style)


def test_ogg_files_are_small_and_sound_alike(tmp_path):
    lossless = write_demo_songs(tmp_path, seconds=6)
    for path, small in zip(lossless, write_demo_songs(tmp_path, seconds=6, format="ogg"), strict=True):
        with soundfile.SoundFile(small) as file:
            assert (file.subtype, file.title) == ("VORBIS", soundfile.SoundFile(path).title)
        assert small.stat().st_size < path.stat().st_size / 3
        heard, meant = (soundfile.read(one)[0][:, 0] for one in (small, path))
        assert len(heard) == len(meant)
        assert np.corrcoef(heard, meant)[0, 1] > 0.98


@pytest.mark.parametrize("seconds", [0.0, -3.0, 4.9, 601.0, float("nan"), float("inf")])
def test_impossible_length_is_refused(seconds, tmp_path):
    with pytest.raises(BadSetting, match="5 to 600 s"):
        write_demo_songs(tmp_path, seconds=seconds)


# Notes


@settings(deadline=None)
@given(seconds=st.floats(5, 600), song=st.sampled_from(SONGS))
def test_fitted_form_is_as_long_as_asked_to_a_bar(seconds, song):
    fitted = fit_form(song, seconds)
    names = iter([section.name for section in song.form])
    assert all(section.name in names for section in fitted.form)
    tail_beats = 5
    length_s = (fitted.bars * BEATS_PER_BAR + tail_beats) * song.beat_s
    assert abs(length_s - seconds) <= BEATS_PER_BAR / 2 * song.beat_s + 1e-9


@settings(deadline=None)
@given(beats=st.lists(st.floats(0, 64), min_size=2, unique=True), swing=st.floats(0.5, 0.7))
def test_swing_keeps_the_order_and_the_pairs(beats, swing):
    late = [swung(beat, swing=swing, step_beats=0.25) for beat in sorted(beats)]
    assert late == sorted(late)
    assert all(swung(pair / 2, swing=swing, step_beats=0.25) == pytest.approx(pair / 2) for pair in range(8))
    assert swung(0.25, swing=swing, step_beats=0.25) == pytest.approx(swing / 2)


def test_row_is_read_with_holds_and_repeats():
    assert list(steps("X--. x...  .... ..2-", 1)) == [Step(0, 3, "X"), Step(4, 1, "x"), Step(14, 2, "2")]
    assert [step.start for step in steps("X... .... .... ....", 3)] == [0, 16, 32]


def test_chord_with_colour_leaves_its_root_to_the_bass():
    assert {pitch % 12 for pitch in voicing(parse_chord("C13"))} == {4, 10, 2, 9, 7}
    assert {pitch % 12 for pitch in voicing(parse_chord("Am7"))} == {9, 0, 4, 7}
    with pytest.raises(ValueError, match="no chord symbol"):
        parse_chord("Hsus")


# Sound


@pytest.mark.parametrize(
    ("instrument", "pitch_hz"),
    [
        (instruments.bass, 55.0),
        (instruments.electric_piano, 330.0),
        (instruments.saw_stab, 330.0),
        (instruments.pad, 220.0),
        (instruments.pluck, 440.0),
        (instruments.lead, 660.0),
    ],
)
def test_instrument_is_in_tune(instrument, pitch_hz):
    sound = instrument(pitch_hz, 1.0, np.random.default_rng(0)).sum(axis=1)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18))
    peak_hz = np.argmax(spectrum) * SAMPLE_RATE_HZ / (1 << 18)
    assert abs(1200 * np.log2(peak_hz / pitch_hz)) < 10


@pytest.mark.parametrize(
    "instrument",
    [instruments.kick, instruments.clap, instruments.snare, instruments.rim, instruments.closed_hat,
     instruments.open_hat, instruments.crash, instruments.shaker, instruments.riser, instruments.bass,
     instruments.electric_piano, instruments.saw_stab, instruments.pad, instruments.pluck, instruments.lead],
)  # fmt: skip
def test_note_starts_and_ends_without_a_click(instrument):
    sound = instrument(110.0, 0.5, np.random.default_rng(0))
    assert sound.dtype == np.float32
    assert 0.2 < np.abs(sound).max() < 2.5
    assert np.abs(sound[[0, -1]]).max() < 1e-3


def test_filters_halve_the_power_at_their_cutoff():
    t = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    sine = np.sin(2 * np.pi * 1000 * t).astype(np.float32)[:, None]
    middle = slice(8000, -8000)
    swept = filters.sweep_low_pass(sine, np.full(filters.sweep_frames(len(sine)), 1000, np.float32))
    for filtered in (
        filters.shape(sine, filters.low_pass(1000)),
        filters.shape(sine, filters.high_pass(1000)),
        swept,
    ):
        assert rms(filtered[middle]) == pytest.approx(rms(sine[middle]) / np.sqrt(2), rel=0.01)


def test_open_sweep_changes_nothing():
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, (30_000, 2)).astype(np.float32)
    swept = filters.sweep_low_pass(noise, np.full(filters.sweep_frames(len(noise)), 1e7, np.float32))
    assert np.abs(swept - noise).max() < 1e-6


def test_reverberation_falls_by_60_db_in_its_decay():
    impulse = np.zeros((2 * SAMPLE_RATE_HZ, 2), np.float32)
    impulse[0] = 1
    room = effects.reverberate(impulse, np.random.default_rng(0), decay_s=1.5, predelay_s=0.0)
    early, late = (rms(room[round(s * SAMPLE_RATE_HZ) :][:4410]) for s in (0.2, 1.2))
    assert 20 * np.log10(early / late) == pytest.approx(60 / 1.5, abs=1.5)
    assert np.abs(np.corrcoef(room.T)[0, 1]) < 0.1


def test_echoes_come_on_time_and_change_sides():
    impulse = np.zeros((SAMPLE_RATE_HZ, 2), np.float32)
    impulse[1000] = 1
    echoes = effects.ping_pong(impulse, delay_s=0.25, feedback=0.5, echoes=3)
    first, second = (echoes[1000 + k * 11025] for k in (1, 2))
    assert np.argmax(np.abs(echoes).sum(axis=1)) == 1000 + 11025
    assert first[0] > first[1]
    assert second[1] > second[0]


def test_kick_ducks_and_lets_go():
    gain = effects.duck(SAMPLE_RATE_HZ, np.array([0.25]), depth=0.7, release_s=0.3)
    assert gain[round(0.2 * SAMPLE_RATE_HZ)] == pytest.approx(1)
    assert gain[round(0.251 * SAMPLE_RATE_HZ)] == pytest.approx(0.3, abs=0.02)
    assert gain[round(0.6 * SAMPLE_RATE_HZ)] == pytest.approx(1)


@settings(deadline=None)
@given(level=st.floats(0.001, 2))
def test_limiter_reaches_its_level_below_its_ceiling(level):
    noise = (level * np.random.default_rng(0).standard_normal((4000, 2))).astype(np.float32)
    limited = effects.limit(noise, rms=0.16, ceiling=0.87)
    assert rms(limited) == pytest.approx(0.16, rel=0.01)
    assert np.abs(limited).max() <= 0.87
