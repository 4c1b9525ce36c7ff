"""`segue system` and `segue approaches`: what there is."""

from __future__ import annotations

import json
from typing import Any

import typer

from cli import output
from cli.endings import NO_GATEWAY
from cli.options import Data, Json, Url
from cli.output import say, size
from cli.reaching import reach
from segue_client.documents import Approach, Readiness, System

__all__ = ["approaches", "system"]


def system(context: typer.Context, url: Url = None, data: Data = None, as_json: Json = False) -> None:
    """Show the state of the installation: workers, work, what is stored. Exit code 3: it cannot serve."""
    with reach(url, data, transport=context.obj) as gateway:
        ready, found = gateway.readiness(), gateway.system()
    if as_json:
        output.print_json({"ready": ready, "system": found})
    else:
        output.print_fields(system_fields(ready, found))
    if not ready["ready"]:
        raise typer.Exit(NO_GATEWAY)


def system_fields(ready: Readiness, found: System) -> dict[str, str]:
    """Return the state of the installation as people read it."""
    stored = sorted(found["stored"].items(), key=lambda kind: -kind[1]["bytes"])
    checks = {check["name"]: check["detail"] for check in ready["checks"]}
    return {
        "versions": ", ".join(f"{name} {version}" for name, version in found["versions"].items()),
        **checks,
        "alive": _counts(found["workers"]),
        "queued": _counts(found["queued"]),
        "open jobs": str(found["open_jobs"]),
        "stored": ", ".join(f"{name} {size(kind['bytes'])}" for name, kind in stored) or "nothing yet",
    }


def approaches(context: typer.Context, url: Url = None, data: Data = None, as_json: Json = False) -> None:
    """List what can judge transitions, with its settings and presets."""
    with reach(url, data, transport=context.obj) as gateway:
        found = gateway.approaches()
    if as_json:
        output.print_json(found)
        return
    for approach in found:
        for line in approach_lines(approach):
            say(line)


def approach_lines(approach: Approach) -> list[str]:
    """Tell what an approach is: its summary, then its settings with their defaults, then its presets."""
    settings = approach["settings"].get("properties", {})
    return [
        f"{approach['name']}: {approach['summary']}",
        *(f"  {name}: {_meaning(setting)}" for name, setting in settings.items()),
        *(f"  preset {name}: {_told(values)}" for name, values in approach["presets"].items()),
    ]


def _meaning(setting: dict[str, Any]) -> str:
    default = f"; by default {json.dumps(setting['default'])}" if "default" in setting else ""
    return str(setting.get("description", setting.get("type", ""))).rstrip(".") + default


def _told(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name}={json.dumps(value)}" for name, value in settings.items())


def _counts(counts: dict[str, int] | None) -> str:
    if counts is None:
        return "unknown: the queue does not answer"
    return ", ".join(f"{count} {queue}" for queue, count in counts.items()) or "none"
