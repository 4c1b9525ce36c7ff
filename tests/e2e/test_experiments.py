"""Every experiment at scale smoke, on the whole product: it runs, tells what it found, and is done once."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
import soundfile
from typer.testing import CliRunner

from cli.demo import write_demo_songs
from cli.main import app
from cli.stack.stack import Stack
from tests.support.signals import joined, noise, sine

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two kinds of music, three songs of a quarter of a minute each; the sixth is a row of tones."""
    folder = tmp_path_factory.mktemp("kinds")
    files = write_demo_songs(folder / "one", seconds=15.0)
    (folder / "other").mkdir()
    for file in files[3:]:
        file.rename(folder / "other" / file.name)
    tones = joined(*(sine(110 * (1 + step % 7), 0.5, RATE_HZ, amplitude=0.3) for step in range(30)))
    soundfile.write(folder / "other" / "tones.flac", tones + noise(15.0, RATE_HZ, amplitude=0.01), RATE_HZ)
    return [folder / "one", folder / "other"]


def experiment(name: str, product: Stack, kinds: list[Path], output: Path) -> Path:
    songs = [argument for kind in kinds for argument in ("--songs", str(kind))]
    options = ["--scale", "smoke", "-o", str(output), "--mixes", str(output / "mixes"), "--url", product.url]
    result = CliRunner().invoke(app, ["experiment", name, *songs, *options])
    assert result.exit_code == 0, result.output
    return output / name


@pytest.mark.parametrize("name", ["stream", "cuts", "likeness", "metadata", "training", "study"])
def test_an_experiment_finds_something_and_writes_it_down(
    name: str, product: Stack, kinds: list[Path], tmp_path: Path
) -> None:
    folder = experiment(name, product, kinds, tmp_path)
    told = json.loads((folder / "results.json").read_text())
    assert told["experiment"] == name
    assert told["findings"]
    page = (folder / "README.md").read_text()
    plots = list(folder.glob("*.svg"))
    assert plots
    assert all(f"({plot.name})" in page for plot in plots)
    for outcome in (one for each in told.values() if isinstance(each, list) for one in each):
        if isinstance(outcome, dict) and "mrr" in outcome:
            mrr = outcome["mrr"][outcome["approach"]]["mean"]
            assert 0 < mrr <= 1
    if name == "stream":
        assert soundfile.info(tmp_path / "mixes" / "linear-0.flac").duration > 4


def test_what_was_done_is_only_laid_out_anew(
    product: Stack, api: httpx.Client, kinds: list[Path], tmp_path: Path
) -> None:
    def made() -> set[str]:
        return {
            one["id"]
            for what in ("models", "reports")
            for one in api.get(f"/{what}?limit=200").json()["items"]
        }

    first = experiment("likeness", product, kinds, tmp_path / "first")
    before = made()
    second = experiment("likeness", product, kinds, tmp_path / "second")
    assert made() == before
    for file in first.iterdir():
        assert (second / file.name).read_bytes() == file.read_bytes()
