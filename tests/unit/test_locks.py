"""The locked requirements: what is installed today is what is installed in a year."""

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = sorted((Path(__file__).parents[2] / "requirements").glob("*.txt"))
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?==", re.MULTILINE)


def _pins(lock: Path) -> dict[str, set[str]]:
    """The extras that each package is pinned with."""
    pins: dict[str, set[str]] = {}
    for name, extras in _PIN.findall(lock.read_text()):
        wanted = {canonicalize_name(extra) for extra in extras.split(",") if extra}
        pins.setdefault(canonicalize_name(name), set()).update(wanted)
    return pins


def _requirements(name: str, extras: set[str]) -> list[Requirement]:
    """What an installed package asks for; nothing of one that is not installed here."""
    try:
        texts = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []
    asked = [Requirement(text) for text in texts]
    environments = [{"extra": extra} for extra in extras or {""}]
    return [
        one
        for one in asked
        if not one.marker or any(one.marker.evaluate(environment) for environment in environments)
    ]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_package_is_locked_with_its_hashes(lock: Path) -> None:
    lines = lock.read_text().replace("\\\n", " ").splitlines()
    packages = [line for line in lines if line and not line.lstrip().startswith("#")]
    assert packages
    assert [line for line in packages if not re.match(r"\S+==\S+.* --hash=sha256:[0-9a-f]{64}\b", line)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_package_that_is_asked_for_with_extras_is_pinned_with_them(lock: Path) -> None:
    # Older pips look for `coverage[toml]` apart from `coverage`: they take the newest, and find it unpinned.
    pins = _pins(lock)
    unpinned = {
        (name, str(one))
        for name, extras in pins.items()
        for one in _requirements(name, extras)
        if one.extras
        and not {canonicalize_name(extra) for extra in one.extras} <= pins[canonicalize_name(one.name)]
    }
    assert pins
    assert not unpinned


def test_all_locks_pin_a_package_to_the_same_versions() -> None:
    # What is tested is then what each service runs, and the locks can be audited together.
    versions: dict[str, dict[str, set[str]]] = {}
    for lock in LOCKS:
        for name, version in re.findall(
            r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", lock.read_text(), re.MULTILINE
        ):
            versions.setdefault(name, {}).setdefault(lock.stem, set()).add(version)
    assert versions
    assert {
        name: pinned for name, pinned in versions.items() if len(set(map(frozenset, pinned.values()))) > 1
    } == {}
