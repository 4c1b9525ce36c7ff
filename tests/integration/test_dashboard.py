"""The dashboard and the alerts against what `/metrics` really tells: each query finds something to ask."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from services.gateway.metrics.exposing import Part
from shared.metrics.catalogue import STAGE_PROBLEMS
from shared.metrics.tally import TALLY
from shared.settings import Settings
from tests.support.gateway import running_gateway
from tests.support.promql import labels_of, metrics_of

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
OBSERVE = ROOT / "observe"
FOREIGN = {
    "up",
    "minio_cluster_capacity_usable_free_bytes",
    "minio_cluster_capacity_usable_total_bytes",
}
"""Of Prometheus itself, and of the object store."""
OF_PROMETHEUS = {"job", "instance", "le"}


def alerts() -> list[dict]:
    groups = yaml.safe_load((OBSERVE / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict]:
    board = json.loads((OBSERVE / "grafana" / "dashboards" / "segue.json").read_text())
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def queries() -> list[str]:
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    return asked + [alert["expr"] for alert in alerts()]


@pytest.fixture(scope="module")
def told(servers: Settings) -> tuple[set[str], set[str]]:
    """The names and the labels of all that a gateway tells that has served something."""
    TALLY.count(STAGE_PROBLEMS, "song", "not-audio")
    with running_gateway(servers) as api:
        api.get("/v1/approaches")
        text = api.get("/metrics").text
    names = re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)
    families = list(text_string_to_metric_families(text))
    samples = [sample for family in families for sample in family.samples]
    return {*names, *(sample.name for sample in samples)}, {label for one in samples for label in one.labels}


def test_every_query_names_metrics_and_labels_that_there_are(told: tuple[set[str], set[str]]) -> None:
    names, labels = told
    assert len(queries()) > 40
    for query in queries():
        assert metrics_of(query), query
        assert metrics_of(query) <= names | FOREIGN, query
        assert labels_of(query) <= labels | OF_PROMETHEUS, query


def test_all_that_segue_tells_is_on_the_dashboard_or_has_an_alert(told: tuple[set[str], set[str]]) -> None:
    asked = set().union(*map(metrics_of, queries()))
    own = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in told[0] if name.startswith("segue_")}
    used = {re.sub(r"_(bucket|count|sum)$", "", name) for name in asked}
    assert own == {name for name in used if name.startswith("segue_")}


def test_operations_tell_of_every_metric_and_what_to_do_at_every_alert(
    told: tuple[set[str], set[str]],
) -> None:
    page = (ROOT / "docs" / "how-to" / "operations.md").read_text()
    families = {
        re.sub(r"_(bucket|count|sum|created)$", "", one) for one in told[0] if one.startswith("segue_")
    }
    assert {name for name in families if f"`{name}`" not in page} == set()
    assert {alert["alert"] for alert in alerts()} == set(re.findall(r"^### (Segue\w+)$", page, re.MULTILINE))


def test_what_prometheus_asks_for_is_what_the_gateway_knows() -> None:
    jobs = yaml.safe_load((OBSERVE / "prometheus.yml").read_text())["scrape_configs"]
    asked = [part for job in jobs for part in job.get("params", {}).get("of", [])]
    assert sorted(asked) == sorted([Part.INSTALLATION, Part.PROCESS])


def test_what_observes_is_hardened_as_the_rest_and_off_unless_asked_for() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name in ("prometheus", "grafana"):
        service = services[name]
        assert service["profiles"] == ["observe"]
        assert (service["cap_drop"], service["read_only"]) == (["ALL"], True)
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert {"mem_limit", "pids_limit", "cpus"} <= service.keys()
        assert not service["image"].endswith(":latest")
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert "ports" not in services["prometheus"]
    assert services["prometheus"]["networks"] == ["back"]


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_prometheus_itself_takes_the_rules_and_its_configuration() -> None:
    for command in (
        ["check", "rules", "alerts.yml"],
        ["check", "config", "--syntax-only", "prometheus.yml"],
        ["test", "rules", "alerts.test.yml"],
    ):
        done = subprocess.run(["promtool", *command], cwd=OBSERVE, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
