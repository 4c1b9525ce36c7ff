"""What goes wrong at the object store: the SDK's errors become Segue's, and are counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import NoReturn

import urllib3
from minio.error import MinioException, S3Error, ServerError

from shared.errors import SegueError, StoreUnavailable
from shared.metrics.catalogue import STORE_ERRORS, Fault
from shared.metrics.tally import TALLY
from shared.process import service_name

MISSING = {"NoSuchKey", "NoSuchObject", "NoSuchBucket", "ResourceNotFound"}
_FULL = {"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded"}


class ObjectMissing(SegueError):
    """There is no object of this key."""

    slug = "object-missing"
    title = "No such object"


@contextmanager
def translated(key: str) -> Iterator[None]:
    """Turn the SDK's errors into StoreUnavailable and ObjectMissing."""
    try:
        yield
    except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
        tell(key, error)


def tell(key: str, error: Exception) -> NoReturn:
    """Raise what one of the SDK's errors means.

    Raises:
        ObjectMissing: there is no such object.
        StoreUnavailable: anything else.
    """
    if isinstance(error, S3Error):
        if error.code in MISSING:
            raise ObjectMissing(f"there is no object {key}") from error
        count(Fault.FULL if error.code in _FULL else Fault.REFUSED)
        raise StoreUnavailable(f"{error.code} ({key})") from error
    if isinstance(error, ServerError):
        count(Fault.FULL if error.status_code == HTTPStatus.INSUFFICIENT_STORAGE else Fault.REFUSED)
        raise StoreUnavailable(f"HTTP {error.status_code} ({key})") from error
    count(Fault.UNREACHABLE)
    raise StoreUnavailable(type(error).__name__) from error


def count(fault: Fault) -> None:
    """Count a request that was not served."""
    TALLY.count(STORE_ERRORS, service_name(), fault)
