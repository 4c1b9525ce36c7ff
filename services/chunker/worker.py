"""The chunker's Celery application."""

from __future__ import annotations

from shared.queue import make_app

app = make_app("services.chunker")
