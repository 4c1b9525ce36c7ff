"""Serve the studio at `/`: one page, and the files that it asks for by names that hold their digest.

The page may run its own scripts and styles and speak to this gateway, and nothing else. What draws waveforms
writes a style sheet of its own, which is let in by a nonce, drawn anew for each answer.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from fastapi import FastAPI, HTTPException, status
from fastapi.responses import HTMLResponse
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from services.gateway.policies import NOTHING

__all__ = ["BUNDLE", "add_studio"]

BUNDLE = Path(__file__).with_name("bundle")
_NONCE = "SEGUE_NONCE"
"""Stands in the built page where the nonce comes."""
_FOREVER = "public, max-age=31536000, immutable"
_NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Segue</title>
<h1>Segue</h1>
<p>The gateway runs, but its page has not been built. In a clone of the repository, <code>make studio</code>
builds it; then reload.</p>
<p>The API does not need it: it is described at <a href="/docs">/docs</a>.</p>
</html>
"""


def add_studio(app: FastAPI, bundle: Path = BUNDLE) -> None:
    """Serve the page at `/`, or one that says how to build it; files may be built while the gateway runs."""

    @app.get("/", include_in_schema=False)
    def show_studio() -> HTMLResponse:
        page = bundle / "index.html"
        nonce = secrets.token_urlsafe(18)
        text = page.read_text().replace(_NONCE, nonce) if page.is_file() else _NOT_BUILT
        headers = {"Content-Security-Policy": _policy(nonce), "Cache-Control": "no-cache"}
        return HTMLResponse(text, headers=headers)

    app.mount("/assets", GZipMiddleware(_Kept(bundle / "assets")), name="studio")


class _Kept:
    """Tell browsers to keep what is found: a changed file has another name."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._files = folder, StaticFiles(directory=folder, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file."""
        if not self._folder.is_dir():
            raise HTTPException(status.HTTP_404_NOT_FOUND)

        async def send_kept(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                MutableHeaders(scope=message)["Cache-Control"] = _FOREVER
            await send(message)

        await self._files(scope, receive, send_kept)


def _policy(nonce: str) -> str:
    return "; ".join(
        [
            NOTHING,
            "script-src 'self'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data:",
            "media-src 'self'",
            "connect-src 'self'",
        ]
    )
