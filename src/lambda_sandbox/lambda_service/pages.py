"""Pages of lists: Marker and MaxItems.

Imports core only. Source: botocore model; AWS docs (at most 50 items a page).
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, TypeVar

from lambda_sandbox.core import ApiError

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
LARGEST_PAGE = 50


def page(
    items: Sequence[T], marker: str | None, size: int | None, largest: int = LARGEST_PAGE
) -> tuple[list[T], str | None]:
    """One page, and the marker of the next one (None on the last).

    Raises:
        ApiError: The marker is none that was given out.
    """
    start = 0
    if marker:
        try:
            start = int(base64.b64decode(marker, validate=True))
        except (binascii.Error, ValueError) as exc:
            raise ApiError("InvalidParameterValueException", "Invalid marker") from exc
    end = start + min(size or largest, largest)
    following = base64.b64encode(str(end).encode()).decode() if end < len(items) else None
    return list(items[start:end]), following
