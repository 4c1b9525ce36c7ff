"""The gateway keeps to its own description, whatever it is asked: schemathesis makes the requests out of it.

No answer is an unforeseen failure, has a status, a media type or a shape that is not described, or takes what
the description forbids; no route answers without a key. The same requests are made each time;
`SEGUE_TEST_EXAMPLES` asks for more of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.gateway.schemas.common import SONG_EXAMPLE
from tests.integration.gateway.conftest import LIMIT_BYTES, Maker
from tests.integration.gateway.making import make_one_of_each
from tests.support import fuzzing
from tests.support.gateway import running_gateway
from tests.support.keys import ADMIN_KEY, locked_gateway
from tests.support.library import TENANT

pytestmark = pytest.mark.integration
CONFIG = Path(__file__).with_name("schemathesis.toml")
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
EXAMPLES = str(fuzzing.EXAMPLES or 3)
"""Of each operation, in each of the phases that draw them."""
RADIO = "/v1/radio/{pool_id}.mp3"
ENDING = "^(listen|delete|cancel|revoke|end)_"
"""The operations that delete, and the one whose answer does not end."""


def make_requests(
    api: httpx.Client, folder: Path, *options: str, key: str | None = None, ids: dict[str, str] | None = None
) -> dict[str, Any]:
    """Let schemathesis make its requests, require that it found nothing, and return its report."""
    report = folder / "report.json"
    # It takes a while to be made, once; schemathesis does not wait for it longer than 10 s.
    assert api.get("/openapi.json").is_success
    command = [sys.executable, "-m", "schemathesis.cli", *(["--config-file", str(CONFIG)] if ids else [])]
    command += ["run", f"{str(api.base_url).rstrip('/')}/openapi.json", "--no-color"]
    command += ["--max-examples", EXAMPLES, "--report", "json", "--report-json-path", str(report)]
    command += ["--header", f"Authorization: Bearer {key}"] if key else []
    environment = os.environ | {f"ID_OF_{kind.upper()}": name for kind, name in (ids or {}).items()}
    environment |= {"SCHEMATHESIS_HOOKS": str(HOOKS)}
    ran = subprocess.run(
        [*command, *options], capture_output=True, text=True, errors="replace", env=environment, cwd=folder
    )
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
    found: dict[str, Any] = json.loads(report.read_text())
    assert found["complete"]
    assert found["operations"]["errored"] == 0
    return found


@pytest.mark.timeout(900)
def test_whatever_is_asked_the_answer_is_as_described(settings, tmp_path):
    maker = Maker(settings, tenant=TENANT)
    with locked_gateway(settings, max_upload_bytes=LIMIT_BYTES) as door:
        ids = make_one_of_each(door.operator, maker)
        assert ids["song"] == SONG_EXAMPLE
        # A radio's sound does not end, and would need a worker: see below.
        found = make_requests(door.nobody, tmp_path, "--exclude-path", RADIO, key=ADMIN_KEY, ids=ids)
    assert found["operations"]["tested"] > 60
    assert {phase["status"] for phase in found["phases"].values()} == {"success"}
    assert found["test_cases"]["generated"] > 1500
    for asked in ("POST /v1/cuts", "POST /v1/songs", "PATCH /v1/uploads/{upload_id}"):
        rates = found["valid_rates"][asked].values()
        assert sum(phase["accepted"] for phase in rates), f"{asked} was only ever refused"


@pytest.mark.timeout(600)
def test_deletions_and_radios_of_what_is_not_there_are_refused_as_described(settings, tmp_path):
    with running_gateway(settings) as api:
        found = make_requests(
            api,
            tmp_path,
            *("--include-operation-id-regex", ENDING, "--phases", "coverage,fuzzing"),
            *("--generation-deterministic", "--request-timeout", "30"),
            # Nobody is asked for a key here, and nothing is there to be found.
            *("--exclude-checks", "ignored_auth,missing_required_header,negative_data_rejection"),
        )
    assert found["operations"]["tested"] == found["operations"]["selected"] > 8
    assert found["test_cases"]["generated"] > 50
