"""Logs: one line per event, as JSON or for eyes. `action` is the event's stable name for machines.

What users send gets into lines, such as the name of a song in an error: whatever it holds, it stays within
its own line and cannot look like another.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.process import service_name, worker_name
from shared.settings import Settings

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_CONTROLS_IN_LINES = re.compile(r"(?!\n)" + _CONTROLS.pattern)
_INDENT = "    "


def configure_logs(settings: Settings) -> None:
    """Write structlog's and the standard library's logs to standard error in one shape."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = (
        [_name_process, structlog.processors.JSONRenderer()]
        if settings.log_format == "json"
        else [_keep_within_lines, _console(colors=sys.stderr.isatty())]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                *last,
            ],
        )
    )
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level.upper())),
        cache_logger_on_first_use=True,
    )


def _console(*, colors: bool) -> structlog.dev.ConsoleRenderer:
    plain = structlog.dev.plain_traceback
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)


def _name_process(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Say whose line it is, as lines of all services are kept together."""
    event["service"] = service_name()
    if (worker := worker_name()) is not None:
        event.setdefault("worker", worker)
    return event


def _keep_within_lines(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Escape what would begin a line or move a terminal's cursor; JSON does so by itself.

    Tracebacks keep their lines, indented, as no event's line is.
    """
    traceback = event.pop("exception", None)
    kept = {key: _escaped(value) for key, value in event.items()}
    if isinstance(traceback, str):
        lines = _CONTROLS_IN_LINES.sub(_escape, traceback).split("\n")
        kept["exception"] = "\n".join(f"{_INDENT}{line}" for line in lines)
    return kept


def _escaped(value: Any) -> Any:
    return _CONTROLS.sub(_escape, value) if isinstance(value, str) else value


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
