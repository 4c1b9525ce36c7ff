"""Input that nobody would send by mistake: JSON of any shape, and valid JSON with something wrong in it.

SEGUE_TEST_EXAMPLES lets every fuzzer try so many inputs, drawn anew each time; without it they try few, the
same ones every time, so that a failure is found again.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("SEGUE_TEST_EXAMPLES", 0))

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-3, 300)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["", "0" * 64, "../../etc", "\x00", "1e999", "\u202e", "2026-11-29T00:00:00Z"])
)
"""Values of JSON; floats may be infinite or none, as Python and pydantic read them."""
INF, NAN = float("inf"), float("nan")
ODD = (
    None,
    True,
    "",
    "x",
    "0" * 64,
    0,
    -1,
    0.5,
    2**63,
    10**30,
    1e300,
    INF,
    -INF,
    NAN,
    [],
    {},
    [[]],
    {"": None},
)
"""What is put in the place of every value once."""
ABSENT = object()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def fuzzed(examples: int) -> settings:
    """Return the settings of a fuzzer that tries so many inputs, or as many as are asked for."""
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def places_in(document: Any) -> list[tuple[Any, ...]]:
    """Return the path of every value in a JSON document, its own first."""
    found: list[tuple[Any, ...]] = [()]
    if isinstance(document, dict | list):
        inner = document.items() if isinstance(document, dict) else enumerate(document)
        found += [(name, *path) for name, value in inner for path in places_in(value)]
    return found


def each_spoiled(document: Any) -> Iterator[Any]:
    """Yield every copy of a JSON document that has one value left out, or an odd one in its place."""
    for path in places_in(document):
        for odd in (ABSENT, *ODD) if path else ODD:
            spoilt: Any = {"": copy.deepcopy(document)}
            holder, last = spoilt, ""
            for name in path:
                holder, last = holder[last], name
            if odd is ABSENT:
                del holder[last]
            else:
                holder[last] = odd
            yield spoilt[""]


@st.composite
def spoiled(draw: st.DrawFn, document: Any) -> Any:
    """Draw a copy of a JSON document with up to three values left out, replaced or added."""
    spoilt = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places_in(spoilt)))
        if not path:
            if isinstance(spoilt, dict):
                spoilt[draw(st.text(max_size=10))] = draw(VALUES)
            continue
        holder = spoilt
        for name in path[:-1]:
            holder = holder[name]
        if draw(st.integers(0, 3)):
            holder[path[-1]] = draw(VALUES)
        else:
            del holder[path[-1]]
    return spoilt


@st.composite
def damaged(draw: st.DrawFn, document: Any) -> bytes:
    """Draw the bytes of a JSON document, spoilt in what it says, cut short, or with bytes overwritten."""
    if draw(st.booleans()):
        return json.dumps(draw(spoiled(document))).encode()
    data = bytearray(json.dumps(document).encode())
    if draw(st.booleans()):
        return bytes(data[: draw(st.integers(0, len(data)))])
    for _ in range(draw(st.integers(1, 4))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)
