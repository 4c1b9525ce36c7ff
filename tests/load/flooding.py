"""A tenant who sends requests as fast as answers come, whatever they say."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

from tests.load.clients import Crowd


async def flood(crowd: Crowd, path: str, *, requests: int, lanes: int) -> dict[str, Any]:
    """Send so many requests, so many at once; return how many were answered how, and how fast."""
    statuses: Counter[int] = Counter()
    left = iter(range(requests))

    async def lane() -> None:
        for _ in left:
            answer = await crowd.api.get(path)
            statuses[answer.status_code] += 1
            if not answer.is_success:
                crowd.note(answer)

    begun_s = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for _ in range(lanes):
            group.create_task(lane())
    lasted_s = time.monotonic() - begun_s
    return {
        "answers": {str(status): count for status, count in sorted(statuses.items())},
        "per_s": round(requests / lasted_s, 1),
    }
