"""One trace from a request through its job to the tasks of a worker, in processes of their own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.demo import write_demo_songs
from cli.stack.ports import choose
from shared.settings import Settings
from tests.integration.gateway.test_gateway_process import answers, environment
from tests.support.collector import Collector, collecting
from tests.support.servers import apart, until

pytestmark = pytest.mark.integration
TRACE, ASKER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{ASKER}-01"

OFF = """
import sys
from shared import tracing
from shared.origin import current_origin
with tracing.span("task", {}) as span:
    span.note({"a": 1})
    assert current_origin().traceparent is None
tracing.flush()
import services.gateway.app
# redis-py imports the SDK's metrics wherever they are installed; what sends traces nobody may.
assert not {"opentelemetry.sdk.trace.export", "opentelemetry.exporter.otlp.proto.http"} & set(sys.modules)
"""
UNREACHABLE = """
import time
from shared import tracing
began = time.monotonic()
for _ in range(3000):
    with tracing.span("task", {}):
        pass
print(time.monotonic() - began)
"""


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def url(servers: Settings, collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a gateway and a chunker that send traces; yield the gateway's address."""
    (port,) = choose(1)
    settings = apart(servers).model_copy(update={"otlp_endpoint": collector.url, "port": port})
    log = (tmp_path_factory.mktemp("traced") / "log").open("wb")
    both = [
        subprocess.Popen([sys.executable, "-m", module], env=environment(settings), stderr=log)
        for module in ("services.gateway", "services.chunker")
    ]
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(url), timeout_s=120)
        yield url
    finally:
        for process in both:
            process.terminate()
        for process in both:
            process.wait(timeout=60)
        log.close()


def test_a_request_its_job_and_its_tasks_are_one_trace(
    url: str, collector: Collector, tmp_path: Path
) -> None:
    song = write_demo_songs(tmp_path, seconds=5.0)[0]
    with httpx.Client(base_url=f"{url}/v1", timeout=60) as api:
        uploaded = api.post("/songs", params={"name": song.name}, content=song.read_bytes()).json()["id"]
        wish = {"songs": [uploaded], "cut": {"method": "equal", "chunk_s": 0.5}}
        headers = {"traceparent": TRACEPARENT, "X-Request-ID": "traced-1"}
        job = api.post("/cuts", json=wish, headers=headers).json()
        until(lambda: api.get(f"/jobs/{job['id']}").json()["state"] == "succeeded", timeout_s=120)

    wanted = ("POST /v1/cuts", "job cuts", "chunker.cut_song")
    until(lambda: {*wanted} <= {span.name for span in collector.of_trace(TRACE)}, timeout_s=60)
    spans = {span.name: span for span in collector.of_trace(TRACE)}
    request, ended, cut = (spans[name] for name in wanted)
    assert (request.service, request.parent) == ("segue-gateway", ASKER)
    assert request.attributes["http.response.status_code"] == "202"
    assert (cut.service, cut.parent, ended.parent) == ("segue-chunker", request.id, request.id)
    assert (cut.attributes["segue.job"], cut.attributes["segue.request_id"]) == (job["id"], "traced-1")
    assert cut.attributes["segue.outcome"] == "committed"
    assert ended.attributes["segue.state"] == "succeeded"
    assert ended.seconds >= cut.seconds > 0


def test_what_supervisors_ask_for_is_not_traced(url: str, collector: Collector) -> None:
    httpx.get(f"{url}/readyz")
    httpx.get(f"{url}/v1/nothing")
    until(lambda: "404" in [one.attributes.get("http.response.status_code") for one in collector.spans])
    assert not [span for span in collector.spans if "readyz" in span.name or "healthz" in span.name]


def test_off_nothing_is_imported_and_nothing_is_done() -> None:
    subprocess.run([sys.executable, "-c", OFF], check=True, timeout=120)


def test_a_collector_that_is_away_costs_no_work_and_holds_no_process() -> None:
    began = time.monotonic()
    nowhere = {"SEGUE_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    done = subprocess.run(
        [sys.executable, "-c", UNREACHABLE],
        env=environment(Settings()) | nowhere,
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert float(done.stdout) < 15
    assert time.monotonic() - began < 60
