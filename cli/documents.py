"""Documents as the command line handles them; `segue_client` types those of the API field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Document: TypeAlias = dict[str, Any]
"""One that is put together here, such as a request."""
Shown: TypeAlias = Mapping[str, Any]
"""One that is only read."""
