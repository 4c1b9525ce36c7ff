"""Every approach by name. To add one: write its file, and list it here.

Importing this package imports no TensorFlow.
"""

from __future__ import annotations

from typing import Any

from shared.errors import BadSetting
from shared.learning.approaches.base import (
    Approach,
    ClosedForm,
    Network,
    Scorer,
    Settings,
)
from shared.learning.approaches.binary import Binary
from shared.learning.approaches.categorical import Categorical
from shared.learning.approaches.forecast import Forecast
from shared.learning.approaches.linear import Linear
from shared.learning.approaches.random_order import RandomOrder
from shared.learning.approaches.segue import Segue
from shared.learning.approaches.spectral import Spectral
from shared.learning.approaches.start_end import StartEnd

__all__ = [
    "APPROACHES",
    "BASELINES",
    "Approach",
    "ClosedForm",
    "Network",
    "Scorer",
    "Settings",
    "get_approach",
]

APPROACHES: dict[str, Approach[Any]] = {
    approach.name: approach
    for approach in (
        Segue(),
        Linear(),
        Binary(),
        Forecast(),
        Categorical(),
        StartEnd(),
        Spectral(),
        RandomOrder(),
    )
}

BASELINES = ("random", "spectral", "linear")
"""What every fit is reported beside."""


def get_approach(name: str) -> Approach[Any]:
    """Return the approach of a name.

    Raises:
        BadSetting: there is none.
    """
    if name not in APPROACHES:
        raise BadSetting(f"There is no approach {name!r}. Choose one of: {', '.join(sorted(APPROACHES))}.")
    return APPROACHES[name]
