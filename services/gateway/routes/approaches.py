"""Approaches: what judges transitions."""

from __future__ import annotations

from fastapi import APIRouter

from services.gateway.schemas.system import Approach
from shared.learning.approaches import APPROACHES, Network

router = APIRouter(prefix="/approaches", tags=["approaches"])


@router.get("")
def list_approaches() -> list[Approach]:
    """List the approaches with their presets and settings."""
    return [
        Approach(
            name=approach.name,
            summary=approach.summary,
            trained=isinstance(approach, Network),
            presets={
                preset: approach.resolve({"preset": preset}).model_dump(mode="json")
                for preset in approach.presets
            },
            settings=approach.settings_type.model_json_schema(),
        )
        for approach in APPROACHES.values()
    ]
