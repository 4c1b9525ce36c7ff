"""Look for known vulnerabilities in the locked requirements, with pip-audit.

    python tools/audit.py requirements/*.txt

Asks the package index first and OSV for what that does not know. A vulnerability fails; that neither service
could be asked is told, and fails nothing: a build must not hang on a server of someone else's.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

SERVICES = ("pypi", "osv")
TIMEOUT_S = 15
_UNREACHABLE = re.compile(
    r"^(requests\.exceptions\.\w+|pip_audit\._service\.interface\.(ConnectionError|ServiceError))\b|"
    r"your network may be blocking this service",
    re.MULTILINE,
)
"""How pip-audit ends when a service cannot be reached, or answers what is no answer."""


class NotAudited(Exception):
    """pip-audit failed for a reason of its own, such as a requirement without a hash."""


@dataclass
class Findings:
    """What one service said.

    Attributes:
        asked: how many packages it knew.
        unknown: the packages that it did not know.
        vulnerable: a line for each vulnerability.
    """

    asked: int = 0
    unknown: list[str] = field(default_factory=list)
    vulnerable: list[str] = field(default_factory=list)


def audit(locks: Sequence[str], service: str) -> Findings | None:
    """Return what a service says of the packages of locked requirements; None: it cannot be asked.

    Raises:
        NotAudited: the requirements cannot be audited.
    """
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--vulnerability-service",
        service,
        "--timeout",
        str(TIMEOUT_S),
    ]
    command += ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    command += [part for lock in locks for part in ("--requirement", lock)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return findings_of(json.loads(ran.stdout))
    except json.JSONDecodeError:
        if _UNREACHABLE.search(ran.stderr):
            return None
        raise NotAudited(ran.stderr.strip() or f"pip-audit ended with {ran.returncode}.") from None


def findings_of(report: dict[str, Any]) -> Findings:
    """Return what a report of pip-audit in JSON says."""
    found = Findings()
    for package in report["dependencies"]:
        if "skip_reason" in package:
            found.unknown.append(package["name"])
            continue
        found.asked += 1
        for vulnerability in package["vulns"]:
            fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
            found.vulnerable.append(
                f"{package['name']} {package['version']}: {vulnerability['id']}, fixed in {fixed}"
            )
    return found


def main(locks: Sequence[str], services: Sequence[str] = SERVICES) -> int:
    """Audit locked requirements, say what was found, and return the exit status."""
    for service in services:
        try:
            found = audit(locks, service)
        except NotAudited as error:
            print(f"The locked requirements cannot be audited. pip-audit says:\n{error}", file=sys.stderr)
            return 1
        if found is None or not found.asked:
            why = "cannot be reached" if found is None else "knows none of the packages: a mirror, perhaps"
            print(f"The vulnerability service {service!r} {why}.", file=sys.stderr)
            continue
        for line in found.vulnerable:
            print(f"VULNERABLE: {line}", file=sys.stderr)
        if found.unknown:
            print(f"{service!r} does not know: {', '.join(found.unknown)}.", file=sys.stderr)
        print(f"{found.asked} packages audited by {service!r}; vulnerabilities: {len(found.vulnerable)}.")
        return 1 if found.vulnerable else 0
    bar = "!" * 80
    print(
        f"{bar}\nNOT AUDITED: no vulnerability service could be asked about the packages of\n"
        f"{' '.join(locks)}.\nRun `make audit` where pypi.org or api.osv.dev can be reached.\n{bar}",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
