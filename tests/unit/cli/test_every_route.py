"""Everything the API does, the command line does: each command is run, and what it asked is looked at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from segue_client.uploads import IN_PIECES_BYTES
from tests.support.routes import routes_of_the_api
from tests.unit.cli.answers import JOB, MIX, MIX_DOCUMENT, REPORT, Answers, events, job_of, run

ID = "a" * 64
KEY = "k" * 16
FOLDED = "Cookies of a page; programs have a key."
OF_TUS = "Asked by clients of any server that speaks tus; GET tells Segue's own more."
CLEARED = "An upload that a command left unfinished is cleared up after a day."
SUPERVISED = "Tells supervisors that the process lives, which every answer tells a command."

COMMANDS: dict[str, str] = {
    "POST /v1/songs": "songs add SONG",
    "POST /v1/uploads": "songs add LARGE",
    "GET /v1/uploads/{upload_id}": "songs add LARGE",
    "PATCH /v1/uploads/{upload_id}": "songs add LARGE",
    "GET /v1/songs": "songs list",
    "GET /v1/songs/{song_id}": "songs show ID",
    "DELETE /v1/songs/{song_id}": "songs delete ID",
    "GET /v1/songs/{song_id}/audio": "songs get ID -o FILE",
    "GET /v1/songs/{song_id}/peaks": "plot song ID",
    "POST /v1/songs/{song_id}/analysis": "songs analysis ID",
    "GET /v1/songs/{song_id}/analysis": "songs analysis ID",
    "GET /v1/songs/{song_id}/correction": "songs correct ID",
    "PUT /v1/songs/{song_id}/correction": "songs correct ID --tempo 120",
    "DELETE /v1/songs/{song_id}/correction": "songs correct ID --reset",
    "POST /v1/cuts": "cuts make ID",
    "GET /v1/cuts": "cuts list",
    "GET /v1/cuts/{cut_id}": "cuts show ID",
    "DELETE /v1/cuts/{cut_id}": "cuts delete ID",
    "GET /v1/cuts/{cut_id}/chunks/{n}/audio": "cuts get ID 7 -o FILE",
    "POST /v1/models": "models fit ID --approach linear --set ridge=0.1",
    "GET /v1/models": "models list",
    "POST /v1/models/pretrained": "models pretrained",
    "GET /v1/models/{model_id}": "models show ID",
    "DELETE /v1/models/{model_id}": "models delete ID",
    "POST /v1/models/{model_id}/report": "evaluate --model ID",
    "GET /v1/models/{model_id}/report": "models report ID",
    "GET /v1/models/{model_id}/report.html": "models report ID -o FILE",
    "GET /v1/models/{model_id}/figures": "models figures ID",
    "GET /v1/models/{model_id}/history": "plot model ID",
    "GET /v1/reports": "reports list",
    "GET /v1/reports/{report_id}": "reports show ID",
    "DELETE /v1/reports/{report_id}": "reports delete ID",
    "GET /v1/reports/{report_id}/page": "reports get ID -o FILE",
    "GET /v1/leaderboard": "leaderboard",
    "POST /v1/pools": "pools build ID",
    "GET /v1/pools": "pools list",
    "GET /v1/pools/{pool_id}": "pools show ID",
    "DELETE /v1/pools/{pool_id}": "pools delete ID",
    "POST /v1/mixes": "mix SONG -o FILE.mp3",
    "GET /v1/mixes": "mixes list",
    "GET /v1/mixes/{mix_id}": "mixes show MIX",
    "DELETE /v1/mixes/{mix_id}": "mixes delete MIX",
    "GET /v1/mixes/{mix_id}/audio": "mixes get MIX -o FILE.mp3",
    "GET /v1/mixes/{mix_id}/seams/{position}/audio": "mixes save MIX --what seams -o FOLDER",
    **{
        f"GET /v1/mixes/{{mix_id}}/{part}": f"mixes save MIX --what {part} -o FOLDER"
        for part in ("package", "cue", "labels", "peaks", "cover", "plot", "edl", "rpp", "rekordbox")
    },
    "GET /v1/mixes/{mix_id}/report": "mixes report MIX",
    "POST /v1/mixes/{mix_id}/revisions": "mixes revise MIX --remove 1 -o FILE.mp3",
    "GET /v1/mixes/{mix_id}/revisions": "mixes history MIX",
    "POST /v1/mixes/{mix_id}/seams/{position}/preview": "mixes preview MIX 7 -o FILE.mp3",
    "GET /v1/previews/{preview_id}": "mixes preview MIX 7 -o FILE.mp3",
    "GET /v1/previews/{preview_id}/audio": "mixes preview MIX 7 -o FILE.mp3",
    "POST /v1/mixes/{mix_id}/map": "mixes map MIX",
    "GET /v1/mixes/{mix_id}/map": "plot map MIX",
    "POST /v1/mixes/{mix_id}/chunks/{position}/candidates": "mixes candidates MIX 7",
    "GET /v1/mixes/{mix_id}/chunks/{position}/candidates": "mixes candidates MIX 7",
    "POST /v1/votes": "mixes vote MIX ID",
    "GET /v1/votes": "votes list",
    "GET /v1/tally": "votes tally",
    "GET /v1/votes/{vote_id}": "votes show JOB",
    "DELETE /v1/votes/{vote_id}": "votes delete JOB",
    "GET /v1/radio/{pool_id}.mp3": f"radio {ID} -o FILE --duration 1",
    "GET /v1/radio/{pool_id}": f"radio {ID} -o FILE --duration 1",
    "POST /v1/radio/{pool_id}/skip": "radio skip ID",
    "POST /v1/radio/{pool_id}/ban": "radio ban ID",
    "GET /v1/jobs": "jobs list",
    "GET /v1/jobs/{job_id}": "jobs show JOB",
    "DELETE /v1/jobs/{job_id}": "jobs cancel JOB",
    "GET /v1/jobs/{job_id}/events": "jobs watch JOB",
    "GET /v1/approaches": "approaches",
    "GET /v1/system": "system",
    "GET /readyz": "system",
    "POST /v1/gc": "gc",
    "POST /v1/keys": "keys make anna",
    "GET /v1/keys": "keys list",
    "POST /v1/keys/{key_id}/rotation": f"keys rotate {KEY}",
    "DELETE /v1/keys/{key_id}": f"keys revoke {KEY}",
}
NOT_COMMANDS = {
    "POST /v1/session": FOLDED,
    "DELETE /v1/session": FOLDED,
    "OPTIONS /v1/uploads": OF_TUS,
    "HEAD /v1/uploads/{upload_id}": OF_TUS,
    "DELETE /v1/uploads/{upload_id}": CLEARED,
    "GET /healthz": SUPERVISED,
}


WHATEVER: dict[str, Any] = {
    **MIX_DOCUMENT,
    **job_of("succeeded", result={"cuts": [ID], "models": [ID], "pools": [ID]}, preview=ID, report=ID),
    **REPORT,
    "items": [],
    "next_cursor": None,
    "id": ID,
    "key": "segue_a_b",
    "format": "mp3",
    "pool": ID,
    "playing": None,
    "peaks": [[-0.5, 0.5], [-0.2, 0.1]],
    "ready": True,
    "worst_seams": [7],
    "edits": [],
    "sequence": [{**entry, "position": 7, "mix_start_s": 0.0} for entry in REPORT["sequence"]],
}
"""Has what commands read of any document, whatever it is of."""
WHATEVER["sequence"][1]["seam"] = {"manner": "blend", "jolt": 1.0, "snippet": "seams/7/audio"}
LARGE_BYTES = IN_PIECES_BYTES + 1
WHATEVER |= {"size_bytes": LARGE_BYTES, "offset_bytes": 0, "rows": [], "candidates": []}
MAP = {
    "approach": "segue",
    "chunks": 2,
    "explained": [0.3, 0.1],
    "songs": [{"id": ID, "title": "Night"}],
    "points": [{"x": 0.1, "y": 0.2, "song": 0}, {"x": -0.1, "y": 0.4, "song": 0}],
    "path": [1, 0],
}
HISTORY = [{"epoch": 0, "loss": 1.0}, {"epoch": 1, "loss": 0.5}]


class Everything(Answers):
    """Answers whatever is asked: work succeeds at once, files are short."""

    def __init__(self) -> None:
        super().__init__({})
        self._whole = False

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path
        if path.endswith("/events"):
            return events({**WHATEVER, "id": JOB})(request)
        if request.method == "PATCH":
            self._whole = True
            return httpx.Response(204, headers={"upload-offset": str(LARGE_BYTES)})
        if "/uploads" in path:
            return httpx.Response(200, json=WHATEVER | {"song": ID if self._whole else None})
        if path.startswith("/v1/songs/") and self._whole:
            return httpx.Response(200, json={**WHATEVER, "state": "ready"})
        if request.method == "GET" and path.endswith("/map"):
            return httpx.Response(200, json=MAP)
        if path.endswith("/history"):
            return httpx.Response(200, json=HISTORY)
        if (request.method, path) == ("POST", "/v1/songs"):
            return httpx.Response(201, json={**WHATEVER, "state": "ready"})
        return httpx.Response(200, json=[] if path.endswith("/approaches") else WHATEVER)


def test_every_route_has_a_command_or_a_reason() -> None:
    told = {*COMMANDS, *NOT_COMMANDS}
    assert told == {f"{method} {path}" for method, path in routes_of_the_api()}
    assert not {*COMMANDS} & {*NOT_COMMANDS}


@pytest.mark.usefixtures("named_gateway")
@pytest.mark.parametrize("route", COMMANDS)
def test_a_command_asks_for_its_route(route: str, tmp_path: Path) -> None:
    song = tmp_path / "song.mp3"
    song.write_bytes(b"sound")
    large = tmp_path / "large.wav"
    if "LARGE" in COMMANDS[route]:
        large.write_bytes(bytes(LARGE_BYTES))
    names = {
        "LARGE": str(large),
        "ID": ID,
        "MIX": MIX,
        "JOB": JOB,
        "SONG": str(song),
        "FILE": str(tmp_path / "got"),
    }
    names |= {"FILE.mp3": str(tmp_path / "got.mp3"), "FOLDER": str(tmp_path / "folder")}
    answers = Everything()
    result = run(*(names.get(word, word) for word in COMMANDS[route].split()), "--json", answers=answers)
    assert result.exit_code == 0, result.output
    method, path = route.split()
    pattern = re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path))
    asked = [f"{request.method} {request.url.path}" for request in answers.asked]
    assert any(re.fullmatch(f"{method} {pattern}", one) for one in asked), asked
