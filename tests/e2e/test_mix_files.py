"""What comes with a mix, made and served by the real services: it agrees with the sound."""

from __future__ import annotations

import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from shared.sound.ffmpeg import ffmpeg_path
from tests.e2e.test_main_job import CHUNKS, ended, upload
from tests.support.listening import decode_mono

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def job(api: httpx.Client, demo_songs: list[Path]) -> dict[str, Any]:
    songs = [upload(api, path)["id"] for path in demo_songs]
    # Not stretched: what comes with it is held against its songs, sample by sample.
    training, output = {"approach": "linear"}, {"stretch": False}
    request = {"songs": songs, "chunks": CHUNKS, "training": training, "output": output}
    done = ended(api, api.post("/mixes", json=request).json())
    assert done["state"] == "succeeded", done["problem"]
    return done


@pytest.fixture(scope="module")
def report(api: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    return api.get(f"/mixes/{job['mix']}/report").json()


def test_a_mix_names_its_sections_and_can_be_seen(
    api: httpx.Client, job: dict[str, Any], report: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "mix.mp3"
    path.write_bytes(api.get(f"/mixes/{job['mix']}/audio").content)
    ffmpeg = [str(ffmpeg_path()), "-loglevel", "error", "-i", str(path)]
    dumped = subprocess.run([*ffmpeg, "-f", "ffmetadata", "-"], capture_output=True, check=True, text=True)
    entries = report["sequence"]
    sections = 1 + sum(entry["seam"]["manner"] != "continues" for entry in entries[1:])
    assert dumped.stdout.count("[CHAPTER]") == sections > 1
    cover = [*ffmpeg, "-map", "0:v", "-c", "copy", "-f", "image2pipe", "-"]
    shown = subprocess.run(cover, capture_output=True, check=True).stdout
    assert shown == api.get(f"/mixes/{job['mix']}/cover").content
    samples, rate = decode_mono(path.read_bytes())
    assert len(samples) == round(report["duration_s"] * rate), "no padding is played"
    assert api.get(f"/mixes/{job['mix']}/plot").text.count("</svg>") == 1


def test_the_worst_seams_can_be_heard(api: httpx.Client, job: dict[str, Any], report: dict[str, Any]) -> None:
    mix, rate = decode_mono(api.get(f"/mixes/{job['mix']}/audio").content)
    assert report["worst_seams"]
    for position in report["worst_seams"]:
        entry = report["sequence"][position]
        found, found_rate = decode_mono(api.get(f"/mixes/{job['mix']}/{entry['seam']['snippet']}").content)
        assert found_rate == rate
        start = max(0, round((entry["mix_start_s"] - 5) * rate))
        expected = mix[start : start + len(found)]
        assert np.corrcoef(found, expected)[0, 1] > 0.95


def test_a_package_rebuilds_the_mix(
    api: httpx.Client, job: dict[str, Any], report: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "package.zip").write_bytes(api.get(f"/mixes/{job['mix']}/package").content)
    with zipfile.ZipFile(tmp_path / "package.zip") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        project = archive.read("mix.rpp").decode()
        played = set(re.findall(r'FILE "(.*)"', project))
        songs = {name: decode_mono(archive.read(name)) for name in played}
        mix, mix_rate = decode_mono(archive.read(f"mix.{report['format']}"))
    assert len([name for name in names if name.startswith("chunks/")]) == len(report["sequence"])
    places = re.findall(r"POSITION (\S+)\s+LENGTH (\S+)[^>]*?SOFFS (\S+)[^>]*?FILE \"(.*)\"", project)
    assert len(places) == len(report["sequence"])
    for position, length, offset, file in places:
        song, rate = songs[file]
        assert rate == mix_rate
        # The middle of a clip, where nothing fades.
        at, source, half = (round(float(one) * rate) for one in (position, offset, length))
        a, b = (
            sound[place + half // 3 : place + 2 * half // 3] for sound, place in ((mix, at), (song, source))
        )
        assert np.corrcoef(a, b)[0, 1] > 0.95
