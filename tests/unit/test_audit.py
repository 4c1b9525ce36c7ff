"""An audit fails for what is known to be vulnerable, and for nothing that a network did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import audit

HASH = "0" * 64
FINE = {"name": "anyio", "version": "4.16.0", "vulns": []}
VULNERABLE = {
    "name": "urllib3",
    "version": "1.26.4",
    "vulns": [{"id": "PYSEC-2021-108", "fix_versions": ["1.26.5"], "aliases": [], "description": "x"}],
}
UNKNOWN = {"name": "segue-own", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def lock(tmp_path: Path) -> str:
    path = tmp_path / "lock.txt"
    path.write_text(f"anyio==4.16.0 --hash=sha256:{HASH}\n")
    return str(path)


@pytest.fixture
def answers(monkeypatch):
    """What pip-audit says, by service; a report, or the end of its traceback."""
    said: dict[str, list[dict] | str] = {}

    def run(command, **options):
        found = said[command[command.index("--vulnerability-service") + 1]]
        stdout = found if isinstance(found, str) else json.dumps({"dependencies": found, "fixes": []})
        told = ("", found) if isinstance(found, str) else (stdout, "")
        return audit.subprocess.CompletedProcess(command, 1, *told)

    monkeypatch.setattr(audit.subprocess, "run", run)
    return said


def test_a_vulnerability_fails_and_is_told_with_its_fix(answers, capsys):
    answers["pypi"] = [FINE, VULNERABLE, UNKNOWN]
    assert audit.main(["lock.txt"]) == 1
    told = capsys.readouterr().err
    assert "urllib3 1.26.4: PYSEC-2021-108, fixed in 1.26.5" in told
    assert "segue-own" in told


def test_without_a_vulnerability_all_is_well(answers, capsys):
    answers["pypi"] = [FINE]
    assert audit.main(["lock.txt"]) == 0
    assert "1 packages audited by 'pypi'; vulnerabilities: 0." in capsys.readouterr().out


@pytest.mark.parametrize(
    "first",
    [
        [UNKNOWN],
        "requests.exceptions.ConnectionError: Max retries exceeded",
        "pip_audit._service.interface.ServiceError",
        "ERROR:pip_audit._cli:Tip: your network may be blocking this service. Try another",
    ],
    ids=["a mirror that knows nothing", "no route", "an error of its own", "no answer in time"],
)
def test_where_one_service_cannot_be_asked_another_is(answers, capsys, first):
    answers["pypi"], answers["osv"] = first, [VULNERABLE]
    assert audit.main(["lock.txt"]) == 1
    answers["osv"] = [FINE]
    assert audit.main(["lock.txt"]) == 0
    assert "NOT AUDITED" not in capsys.readouterr().err
    answers["osv"] = "requests.exceptions.ReadTimeout: timed out"
    assert audit.main(["lock.txt"]) == 0
    assert "NOT AUDITED" in capsys.readouterr().err


def test_a_failure_of_another_kind_fails(answers):
    answers["pypi"] = "KeyError: 'requests.exceptions'"
    assert audit.main(["lock.txt"]) == 1


def test_pip_audit_itself_ends_so_where_no_service_can_be_reached(lock, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "cache"))
    assert audit.main([lock]) == 0
    told = capsys.readouterr().err
    assert told.count("cannot be reached") == 2
    assert "NOT AUDITED" in told


def test_pip_audit_itself_refuses_requirements_without_hashes(tmp_path, capsys):
    lock = tmp_path / "lock.txt"
    lock.write_text("anyio==4.16.0\n")
    assert audit.main([str(lock)]) == 1
    assert "does not contain a hash" in capsys.readouterr().err
