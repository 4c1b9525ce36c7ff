from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.names import UNNAMED, clean_name
from shared.store.manifests import UploadRecord


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("Night Drive.mp3", "Night Drive.mp3"),
        ("/home/me/../Night Drive.mp3", "Night Drive.mp3"),
        ("C:\\Music\\Night Drive.mp3", "Night Drive.mp3"),
        ("a\x00b\nc\u202e.mp3", "ab c.mp3"),
        ("e\u0301.mp3", "\u00e9.mp3"),
        ("", UNNAMED),
        (None, UNNAMED),
        ("\x00\x01", UNNAMED),
    ],
)
def test_names_are_one_visible_line_without_folders(given_name, shown):
    assert clean_name(given_name) == shown


@given(st.text())
def test_no_name_is_a_path_or_hides_anything(text):
    name = clean_name(text)
    assert 0 < len(name) <= 200
    assert "/" not in name
    assert not any(unicodedata.category(character).startswith("C") for character in name)
    assert clean_name(name) == name


def test_titles_are_names_without_suffix():
    assert UploadRecord(name="Night Drive.mp3", size_bytes=1).title == "Night Drive"
    assert UploadRecord(name="Vol. 2.flac", size_bytes=1).title == "Vol. 2"
    assert UploadRecord(name=".mp3", size_bytes=1).title == ".mp3"
