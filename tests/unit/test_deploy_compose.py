"""deploy/compose: what is laid over docker-compose.yml names services and settings that there are."""

from __future__ import annotations

from pathlib import Path

import yaml

from shared.settings import Settings

ROOT = Path(__file__).parents[2]
STACK = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVERS, WORKERS = (
    yaml.safe_load((ROOT / "deploy" / "compose" / f"{name}.yml").read_text())["services"]
    for name in ("servers", "workers")
)


def test_only_the_servers_are_opened_and_on_the_private_address_alone():
    assert set(SERVERS) == {"valkey", "minio"}
    ports = {name: service["ports"] for name, service in SERVERS.items()}
    assert all(port.startswith("${SEGUE_PRIVATE_ADDRESS:?") for ports in ports.values() for port in ports)
    assert [ports["valkey"][0][-10:], ports["minio"][0][-10:]] == [":6379:6379", ":9000:9000"]


def test_every_service_that_asks_the_servers_finds_them_elsewhere():
    asking = {
        name
        for name, service in STACK["services"].items()
        if "SEGUE_VALKEY_URL" in (service.get("environment") or {})
        and "backup" not in service.get("profiles", [])
    }
    assert set(WORKERS) == asking
    for service in WORKERS.values():
        assert set(service["environment"]) == {"SEGUE_VALKEY_URL", "SEGUE_S3_ENDPOINT"}
        assert {name.removeprefix("SEGUE_").lower() for name in service["environment"]} <= set(
            Settings.model_fields
        )
        assert set(service["networks"]) <= set(STACK["networks"])
        assert not STACK["networks"][service["networks"][0]].get("internal")
