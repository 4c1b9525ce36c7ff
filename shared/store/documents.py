"""Stored JSON documents, read back. What lies in the bucket may be damaged, or of a later release."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from shared.errors import Illegible
from shared.store.objects import ObjectStore

__all__ = ["find_document", "from_json"]

AnyDocument = TypeVar("AnyDocument", bound=BaseModel)


def find_document(store: ObjectStore, kind: type[AnyDocument], key: str) -> AnyDocument | None:
    """Return a stored document, or None where there is none.

    Raises:
        Illegible: what is stored is no such document.
        StoreUnavailable: the store does not answer.
    """
    data = store.find(key)
    return None if data is None else from_json(kind, data, key=key)


def from_json(kind: type[AnyDocument], data: bytes, *, key: str) -> AnyDocument:
    """Return a document as its bytes tell it.

    Args:
        kind: of the document.
        data: as they are stored.
        key: where they lie, to be named in errors.

    Raises:
        Illegible: the bytes are no such document.
    """
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        fault = f"{place}: {first['msg']}" if place else first["msg"]
        raise Illegible(key=key, fault=fault, is_damage=first["type"] == "json_invalid") from None
