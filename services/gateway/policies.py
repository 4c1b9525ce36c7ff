"""What pages may do with answers: nothing, but for the page that describes the API."""

from __future__ import annotations

import base64
import hashlib
import re

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

__all__ = ["NOTHING", "add_docs"]

NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_FILES = "/docs/files"
"""Swagger's script and styles: those that a package brings, so that the page asks no other host."""
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def add_docs(app: FastAPI) -> None:
    """Serve `/docs`, with a policy that lets it do just what it does."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=f"{app.title} API",
        swagger_js_url=f"{_FILES}/swagger-ui-bundle.js",
        swagger_css_url=f"{_FILES}/swagger-ui.css",
        swagger_favicon_url="data:,",
    )
    text = bytes(page.body).decode()
    policy = "; ".join(
        [
            NOTHING,
            f"script-src 'self' {' '.join(_hashes(text))}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",
        ]
    )

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(text, headers={"Content-Security-Policy": policy})

    files = StaticFiles(packages=[("fastapi_offline", "static")])
    app.mount(_FILES, GZipMiddleware(files), name="swagger")


def _hashes(page: str) -> list[str]:
    """Return what names the scripts that stand in a page itself in a policy, so that no others run."""
    digests = [hashlib.sha256(script.encode()).digest() for script in _INLINE.findall(page)]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
