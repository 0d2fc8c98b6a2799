"""Reads JSON of unknown origin, one member at a time: it is of its form, or the reason is told.

May import the standard library. Must never guess a default for something that is checked later.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN: Final = 60


class UnprovenError(Exception):
    """A bundle does not prove what is wanted; the text says why, without a full stop."""


def member(value: object, *names: str) -> object:
    """The member of nested objects; None where one is missing or no object."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def members(value: object, *names: str) -> list[object]:
    """A list; empty where there is none.

    Raises:
        UnprovenError: It is something else.
    """
    found = member(value, *names)
    if found is None:
        return []
    if not isinstance(found, list):
        raise UnprovenError(f"{'.'.join(names)} is not a list")
    return found


def text(value: object, *names: str) -> str:
    """A text.

    Raises:
        UnprovenError: There is none.
    """
    found = member(value, *names)
    if not isinstance(found, str):
        raise UnprovenError(f"it has no {'.'.join(names)}")
    return found


def octets(value: object, *names: str) -> bytes:
    """Bytes, written as base64.

    Raises:
        UnprovenError: There are none, or it is not base64.
    """
    found = text(value, *names)
    try:
        return base64.b64decode(found, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnprovenError(f"{'.'.join(names)} is not base64") from error


def number(value: object, *names: str) -> int:
    """A whole number from 0 on; Protobuf writes those of 64 bits as texts.

    Raises:
        UnprovenError: There is none.
    Source: https://protobuf.dev/programming-guides/json/
    """
    found = member(value, *names)
    if isinstance(found, str) and found.isascii() and found.isdecimal() and len(found) < _SHOWN:
        return int(found)
    if isinstance(found, int) and not isinstance(found, bool) and found >= 0:
        return found
    raise UnprovenError(f"{'.'.join(names)} is not a number")


def shown(value: object) -> str:
    """Foreign text in a message: cut, and with all that cannot be seen escaped."""
    return ascii(value)[: _SHOWN * 2]


def objects(found: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """Objects in a list.

    Raises:
        UnprovenError: Something else is in it.
    """
    listed = members(found, name)
    if not all(isinstance(one, dict) for one in listed):
        raise UnprovenError(f"{name} is not a list of objects")
    return [one for one in listed if isinstance(one, dict)]
