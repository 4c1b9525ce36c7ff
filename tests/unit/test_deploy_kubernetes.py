"""deploy/kubernetes: valid by the published schemas, and the same services as docker-compose.yml has."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from cloudcoil.models.keda import v1alpha1 as keda

from shared.queue import Queue
from shared.settings import Settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OLDEST, NEWEST = "1.32", "1.37"
"""The versions of Kubernetes that are meant; a hook that only sleeps came with 1.30."""
SERVICES = ("gateway", *(queue.value for queue in Queue))
Manifest = dict[str, Any]


def listed(folder: Path) -> Iterator[Path]:
    """Yield the files of a kustomization, and of those that it is made of."""
    for name in yaml.safe_load((folder / "kustomization.yaml").read_text()).get("resources", []):
        yield from listed(folder / name) if (folder / name).is_dir() else [folder / name]


MANIFESTS: list[Manifest] = [
    one for path in listed(FOLDER) for one in yaml.safe_load_all(path.read_text()) if one is not None
]


def named(one: Manifest) -> str:
    return f"{one['kind']}/{one['metadata']['name']}"


BY_NAME = {named(one): one for one in MANIFESTS}
PODS = {
    one["metadata"]["name"]: one["spec"]["template"]["spec"]
    for one in MANIFESTS
    if one["kind"] in ("Deployment", "StatefulSet")
}


def container(service: str) -> Manifest:
    (found,) = PODS[service]["containers"]
    return found


def faults(one: Manifest, version: str) -> str | None:
    """Return what is wrong with a manifest by the published schema of its kind."""
    if one["apiVersion"].startswith("keda.sh/"):
        model = getattr(keda, one["kind"])
        try:
            read = model.model_validate(one).model_dump(mode="json", by_alias=True, exclude_unset=True)
        except ValueError as error:
            return str(error)
        return None if read == one else "it has fields that the schema does not know"
    try:
        kubernetes_validate.validate(one, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return error.message
    return None


def test_every_file_belongs_to_it():
    assert len(MANIFESTS) > 20
    unlisted = {*FOLDER.rglob("*.yaml")} - {*listed(FOLDER)}
    assert {path.name for path in unlisted} == {"kustomization.yaml"}
    assert len(BY_NAME) == len(MANIFESTS)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("one", MANIFESTS, ids=named)
def test_a_manifest_is_as_the_published_schema_has_it(one, version):
    assert faults(one, version) is None


def test_what_a_schema_does_not_know_is_found():
    gateway, scaled = BY_NAME["Deployment/gateway"], BY_NAME["ScaledObject/chunker"]
    assert faults({**gateway, "spec": {**gateway["spec"], "replica": 2}}, NEWEST)
    assert faults({**gateway, "spec": {**gateway["spec"], "replicas": "two"}}, NEWEST)
    assert faults({**scaled, "spec": {**scaled["spec"], "maxReplicas": 2}}, NEWEST)
    assert faults({**scaled, "spec": {**scaled["spec"], "triggers": "all"}}, NEWEST)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_kubectl_makes_the_same_of_it():
    done = subprocess.run(
        ["kubectl", "kustomize", str(FOLDER)], capture_output=True, text=True, timeout=60, check=True
    )
    made = list(yaml.safe_load_all(done.stdout))
    assert {named(one) for one in made} == set(BY_NAME)
    assert {one["metadata"].get("namespace", one["metadata"]["name"]) for one in made} == {"segue"}


@pytest.mark.parametrize("service", [*SERVICES, "valkey", "minio"])
def test_images_and_limits_are_those_of_compose(service):
    composed, here = COMPOSE[service], container(service)
    assert here["image"] == composed["image"]
    units = {"m": "Mi", "g": "Gi"}
    limit = composed["mem_limit"]
    assert here["resources"]["limits"]["memory"] == limit[:-1] + units[limit[-1]]
    cpus = re.sub(r"\$\{\w+:-(\w+)\}", r"\1", str(composed["cpus"]))
    assert here["resources"]["limits"]["cpu"] == cpus


@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
def test_pods_are_hardened_as_containers_are(pod):
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    for one in (*pod["containers"], *pod.get("initContainers", [])):
        assert one["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"memory", "cpu"} <= one["resources"]["limits"].keys()


@pytest.mark.parametrize("service", SERVICES)
def test_services_run_as_the_user_of_their_image_and_have_time_to_stop(service):
    dockerfile = (ROOT / "Dockerfile").read_text()
    (uid,) = re.findall(r"useradd --uid (\d+)", dockerfile)
    pod = PODS[service]
    assert {pod["securityContext"][name] for name in ("runAsUser", "runAsGroup", "fsGroup")} == {int(uid)}
    assert pod["terminationGracePeriodSeconds"] >= int(COMPOSE[service]["stop_grace_period"].rstrip("s"))
    mounts = {mount["mountPath"] for mount in container(service)["volumeMounts"]}
    assert mounts == {"/run/secrets", "/scratch", "/tmp"}


@pytest.mark.parametrize("queue", [queue.value for queue in Queue])
def test_workers_are_asked_for_their_health_as_their_image_asks(queue):
    asked = f'CMD ["python", "-m", "shared.health", "{queue}"]'
    assert asked in (ROOT / "Dockerfile").read_text()
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container(queue)[probe]["exec"]["command"] == ["python", "-m", "shared.health", queue]


def test_the_gateway_is_asked_whether_it_lives_and_not_whether_its_servers_do():
    assert "http://127.0.0.1:8000/healthz" in (ROOT / "Dockerfile").read_text()
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container("gateway")[probe]["httpGet"]["path"] == "/healthz"


@pytest.mark.parametrize("service", SERVICES)
def test_services_are_told_what_compose_tells_them(service):
    told = {
        **BY_NAME["ConfigMap/segue"]["data"],
        **{one["name"]: one["value"] for one in container(service)["env"]},
    }
    own = {"SEGUE_AUTH"} if service == "gateway" else set()
    # Compose is reached from its own machine alone, a cluster is not.
    apart = {"SEGUE_ALLOW_OPEN", "SEGUE_HOSTS"}
    assert set(told) - own == set(COMPOSE[service]["environment"]) - apart
    assert {name.removeprefix("SEGUE_").lower() for name in told} <= set(Settings.model_fields)
    for name in ("SEGUE_VALKEY_URL", "SEGUE_S3_ENDPOINT"):
        assert told[name] == COMPOSE[service]["environment"][name]


@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_sees_the_secrets_of_its_service_and_no_others(service):
    (volume,) = (volume for volume in PODS[service]["volumes"] if volume["name"] == "secrets")
    seen = {item["path"] for item in volume["secret"]["items"]}
    # Of several gateways, all sign the same cookies.
    assert seen - {"segue_session_secret"} == set(COMPOSE[service]["secrets"])
    assert {name.removeprefix("segue_") for name in seen} <= set(Settings.model_fields)
    assert all(item["key"] == item["path"] for item in volume["secret"]["items"])


def test_every_selector_finds_its_pods_and_every_port_its_name():
    labels = {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"]["labels"]
        for one in MANIFESTS
        if one["kind"] in ("Deployment", "StatefulSet")
    }
    for one in MANIFESTS:
        if one["kind"] == "Service":
            name = one["metadata"]["name"]
            assert one["spec"]["selector"].items() <= labels[name].items()
            ports = {port["name"] for port in container(name)["ports"]}
            assert {port["targetPort"] for port in one["spec"]["ports"]} <= ports
        if one["kind"] == "NetworkPolicy":
            chosen = one["spec"]["podSelector"].get("matchLabels", {})
            assert any(chosen.items() <= of.items() for of in labels.values()), named(one)


@pytest.mark.parametrize("queue", [queue.value for queue in Queue])
def test_workers_are_scaled_by_the_tasks_of_their_queue(queue):
    spec = BY_NAME[f"ScaledObject/{queue}"]["spec"]
    assert spec["scaleTargetRef"]["name"] == queue
    assert "replicas" not in BY_NAME[f"Deployment/{queue}"]["spec"], "else each apply sets them back"
    (trigger,) = spec["triggers"]
    asked = trigger["metadata"]
    assert asked["valueLocation"] == f'segue_open_tasks{{queue="{queue}"}}'
    children = {one["name"]: one["value"] for one in container(queue)["env"]}.get(
        "SEGUE_WORKER_CHILDREN", "1"
    )
    assert asked["targetValue"] == children
    namespace = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["namespace"]
    port = BY_NAME["Service/gateway"]["spec"]["ports"][0]["port"]
    assert asked["url"] == f"http://gateway.{namespace}.svc:{port}/metrics?of=installation"
    operator = BY_NAME[f"TriggerAuthentication/{trigger['authenticationRef']['name']}"]["spec"]
    assert operator["secretTargetRef"] == [{"parameter": "token", "name": "segue", "key": "segue_admin_key"}]
    assert spec["minReplicaCount"] >= 1, "workers look after open jobs: somebody has to"
