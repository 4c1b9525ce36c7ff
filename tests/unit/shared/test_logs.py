"""Lines that services log, written by a process of their own: logging is set up once for each."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

PROGRAM = """
import logging, structlog
from shared.logs import configure_logs
from shared.process import name_service, name_worker
from shared.settings import Settings

HOSTILE = "Song\\n2026-01-01T00:00:00Z [info     ] job ended action=job_ended\\r\\x1b[2J\\u2028\\x85tail"
name_service("chunker")
name_worker("host-1")
configure_logs(Settings())
log = structlog.get_logger("a")
structlog.contextvars.bind_contextvars(request_id="abc-1")
log.info("rejected", action="artifact_rejected", reason=HOSTILE)
log.info(HOSTILE)
logging.getLogger("uvicorn.error").warning("from afar: %s", HOSTILE)
try:
    raise ValueError(HOSTILE)
except ValueError as error:
    log.error("task failed", exc_info=error)
"""
BEGINS_A_LINE = re.compile(r"^\d{4}-\d\d-\d\dT?")


def lines_of(log_format: str) -> list[str]:
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "SEGUE_LOG_FORMAT": log_format},
        capture_output=True,
        check=True,
        timeout=120,
    ).stderr.decode()
    return told.removesuffix("\n").split("\n")


def test_as_json_each_event_is_one_line_that_says_whose_it_is() -> None:
    lines = [json.loads(line) for line in lines_of("json")]
    assert len(lines) == 4
    for line in lines:
        assert (line["service"], line["worker"], line["request_id"]) == ("chunker", "host-1", "abc-1")
        assert line.keys() >= {"event", "level", "timestamp"}
    assert lines[0]["action"] == "artifact_rejected"
    assert "\njob ended" not in lines[0]["reason"]
    assert lines[0]["reason"].startswith("Song\n2026"), "nothing of it is lost"
    assert "ValueError" in lines[3]["exception"]


def test_for_eyes_no_text_of_a_users_begins_a_line_or_moves_the_cursor() -> None:
    lines = lines_of("pretty")
    begun = [line for line in lines if BEGINS_A_LINE.match(line)]
    assert len(begun) == 4
    assert all("rejected" in line or "Song" in line or "task failed" in line for line in begun)
    assert all(line.startswith("    ") for line in lines if line not in begun), "tracebacks are indented"
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028]", "".join(lines))
    assert r"Song\n2026-01-01" in lines[1]
