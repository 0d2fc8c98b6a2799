"""What the operations share: errors as Signer spells them, members of a request, pages, times.

May import the sandbox's core. Never touches the state.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from lambda_sandbox.core import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_PROFILE_NAME: Final = re.compile(r"[a-zA-Z0-9_]{2,64}")
_PAGE_MAX: Final = 25
_VERSION_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def invalid(message: str) -> ApiError:
    """400 ValidationException."""
    return ApiError("ValidationException", message)


def not_found(message: str) -> ApiError:
    """404 ResourceNotFoundException."""
    return ApiError("ResourceNotFoundException", message, 404)


def denied(message: str) -> ApiError:
    """403 AccessDeniedException."""
    return ApiError("AccessDeniedException", message, 403)


def conflict(message: str) -> ApiError:
    """409 ConflictException."""
    return ApiError("ConflictException", message, 409)


def text(params: Mapping[str, Any], name: str) -> str:
    """A required member that is a non-empty string.

    Raises:
        ApiError: ValidationException.
    """
    value = params.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f"{name} should not be empty")
    return value


def profile_name(params: Mapping[str, Any]) -> str:
    """The member `profileName`, of 2 to 64 letters, digits and underscores.

    Raises:
        ApiError: ValidationException.

    Source: botocore model `ProfileName`; that the whole name must match is from ministack 1.5.33
    and the Terraform provider.
    """
    name = text(params, "profileName")
    if not _PROFILE_NAME.fullmatch(name):
        raise invalid(f"profileName {name} must satisfy ^[a-zA-Z0-9_]{{2,64}}$")
    return name


def account(params: Mapping[str, Any], name: str, default: str) -> str:
    """An account id, or `default` where the member is absent.

    Raises:
        ApiError: ValidationException: not 12 digits.
    """
    value = params.get(name)
    if value is None:
        return default
    if not isinstance(value, str) or not _ACCOUNT.fullmatch(value):
        raise invalid(f"{name} must be 12 digits, not {value}")
    return value


def time(params: Mapping[str, Any], name: str) -> datetime | None:
    """A point in time, with its zone; None where the member is absent.

    Raises:
        ApiError: ValidationException: not a time.
    """
    value = params.get(name)
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise invalid(f"{name} is not a timestamp: {value}")
    return value


def page(items: Sequence[dict[str, Any]], params: Mapping[str, Any], member: str) -> dict[str, Any]:
    """One page of a list, `nextToken` where more follow.

    Raises:
        ApiError: ValidationException: maxResults not in 1..25, or a token that is not ours.
    """
    size = params.get("maxResults", _PAGE_MAX)
    if not isinstance(size, int) or not 1 <= size <= _PAGE_MAX:
        raise invalid(f"maxResults must be between 1 and {_PAGE_MAX}, not {size}")
    token = params.get("nextToken")
    if token is not None and not str(token).isdecimal():
        raise invalid("The next token is not valid")
    begin = int(token or 0)
    answer: dict[str, Any] = {member: list(items[begin : begin + size])}
    if begin + size < len(items):
        answer["nextToken"] = str(begin + size)
    return answer


def present(**members: object) -> dict[str, Any]:
    """The members that are there: Signer leaves out what has no value."""
    return {name: value for name, value in members.items() if value is not None}


def whole_seconds(at: datetime | None) -> datetime | None:
    """As the API shows times; the signature itself has milliseconds."""
    return None if at is None else at.replace(microsecond=0)


def new_uuid(random: Random) -> str:
    """A version 4 UUID from the world's random numbers: the same run gives the same ids."""
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) % 4]
    return "-".join(
        (digits[:8], digits[8:12], "4" + digits[13:16], variant + digits[17:20], digits[20:])
    )


def new_version(random: Random) -> str:
    """A profile version: 10 letters and digits. Source: botocore model `ProfileVersion`."""
    return "".join(random.choice(_VERSION_ALPHABET) for _ in range(10))
