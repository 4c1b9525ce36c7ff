"""The page at `/`: what it may do, what stands in it, and what there is without a bundle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.gateway.studio.page import add_studio

PAGE = '<meta name="csp-nonce" content="SEGUE_NONCE"><script type="module" src="/assets/index-1.js"></script>'
SCRIPT = "export const words = [" + "'the same again', " * 200 + "];"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-1.js").write_text(SCRIPT)
    (tmp_path / "index.html").write_text(PAGE)
    return tmp_path


def client_of(bundle: Path) -> TestClient:
    app = FastAPI()
    add_studio(app, bundle)
    return TestClient(app)


def test_the_page_runs_its_own_scripts_and_asks_nobody_else(bundle: Path) -> None:
    policy = client_of(bundle).get("/").headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert (rules["default-src"], rules["script-src"], rules["connect-src"]) == ("'none'", "'self'", "'self'")
    assert rules["frame-ancestors"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy


def test_a_nonce_is_in_the_page_and_its_policy_and_never_comes_again(bundle: Path) -> None:
    client = client_of(bundle)
    seen = set()
    for answer in (client.get("/"), client.get("/")):
        nonces = re.findall(r'content="([\w-]{20,})"', answer.text)
        assert f"style-src 'self' 'nonce-{nonces[0]}'" in answer.headers["content-security-policy"]
        seen.update(nonces)
    assert len(seen) == 2


def test_files_are_kept_by_browsers_and_the_page_is_asked_for_again(bundle: Path) -> None:
    client = client_of(bundle)
    script = client.get("/assets/index-1.js", headers={"Accept-Encoding": "gzip"})
    assert script.text == SCRIPT
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-encoding"] == "gzip"
    assert client.get("/").headers["cache-control"] == "no-cache"


def test_what_is_not_in_the_bundle_is_not_found(bundle: Path) -> None:
    (bundle / "assets" / "inside.js").symlink_to(bundle / "index.html")
    client = client_of(bundle)
    for path in ("other.js", "..%2findex.html", "../index.html", "inside.js"):
        answer = client.get(f"/assets/{path}")
        assert answer.status_code == 404, path
        assert "cache-control" not in answer.headers


def test_without_a_bundle_the_page_says_how_to_build_it(tmp_path: Path) -> None:
    client = client_of(tmp_path / "none")
    page = client.get("/")
    assert page.status_code == 200
    assert "make studio" in page.text
    assert client.get("/assets/index-1.js").status_code == 404
