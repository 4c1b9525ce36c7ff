"""Run the gateway: `python -m services.gateway`."""

from __future__ import annotations

import resource
import sys

import structlog
import uvicorn

from services.gateway.access.keyring import Keyring
from services.gateway.access.modes import check_address
from services.gateway.app import create_app
from services.gateway.lines import BoundedLines
from shared.errors import OpenAddress
from shared.logs import configure_logs
from shared.process import name_service
from shared.settings import Settings, get_settings
from shared.store.objects import connect

OTHER_FILES = 512
"""Connections to the servers, those that are being refused, and files."""
KEEP_ALIVE_S = 75
"""Longer than clients and proxies keep a line for their next request: who sends one on a line that is being
closed is answered by nothing, and cannot know whether it was taken."""
GRACE_S = 3
"""Seconds that requests get to end at shutdown; event streams are cut off then, and clients come back."""


def allow_connections(settings: Settings) -> None:
    """Let this process hold the connections that the settings let in, as far as the machine allows it.

    The usual limit of 1,024 open files is less than that, and a server that has reached it answers nobody.
    """
    # Requests, those for keys, those for pages, and the files that these are read from.
    needed = OTHER_FILES + 4 * settings.most_requests + settings.most_uploads + settings.most_streams
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def main() -> int:
    """Serve until told to stop; return the exit code."""
    settings = get_settings()
    name_service("gateway")
    configure_logs(settings)
    allow_connections(settings)
    try:
        check_address(settings, lambda: Keyring(connect(settings, retries=0)).has_any())
    except OpenAddress as error:
        structlog.get_logger(__name__).error(str(error), action="address_refused")
        return 2
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        http=BoundedLines,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
