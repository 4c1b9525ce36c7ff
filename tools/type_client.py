"""Write what `segue_client` knows of the API's documents: typed dictionaries, made from its description.

python -m tools.type_client segue_client/documents.py
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.describe_api import describe

_RANGES = frozenset(
    {
        "additionalProperties",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "pattern",
    }
)
"""What types do not tell: the gateway does, by a problem that names the field."""
_HEADER = '"""The documents of the API; made by `make client`, not by hand."""'
_OPTIONS = (
    *("--input-file-type", "openapi", "--output-model-type", "typing.TypedDict"),
    *("--target-python-version", "3.11", "--use-union-operator", "--enum-field-as-literal", "all"),
    *("--formatters", "ruff-check", "ruff-format", "--disable-timestamp", "--custom-file-header", _HEADER),
)


def type_client(target: Path) -> None:
    """Write the module.

    Args:
        target: its file.
    """
    program = [sys.executable, "-m", "datamodel_code_generator", *_OPTIONS, "--output", str(target)]
    described = json.dumps(_without_ranges(describe()))
    subprocess.run(program, input=described, text=True, check=True)


def _without_ranges(part: Any) -> Any:
    if isinstance(part, list):
        return [_without_ranges(one) for one in part]
    if not isinstance(part, dict):
        return part
    # A dictionary of any words is told by a schema in the place of `false`.
    kept = {name: one for name, one in part.items() if name not in _RANGES or isinstance(one, dict)}
    return {name: _without_ranges(one) for name, one in kept.items()}


if __name__ == "__main__":
    type_client(Path(sys.argv[1]))
