"""Whether an event that is known in part matches an event pattern: yes, no, or maybe.

The language of EventBridge's rules, which filter policies of SNS and filters of Lambda's event
sources share. Patterns are foreign: nothing here is a regular expression, and a part that is not
understood is "maybe". Pure: imports nothing of the product.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
and https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
"""

from __future__ import annotations

import json
from dataclasses import field
from enum import Enum
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final, Literal

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Chance = Literal["yes", "maybe", "no"]

MAX_DEPTH: Final = 60
"""Of a pattern; what is deeper is "maybe"."""
_OPERATORS: Final = 2


class Mark(Enum):
    """What stands where a value would."""

    UNKNOWN = "any value, or none"
    ABSENT = "no value"


UNKNOWN: Final = Mark.UNKNOWN
ABSENT: Final = Mark.ABSENT


@dataclass(frozen=True, slots=True)
class Part:
    """A text of which only the start and the end are known; any text without them."""

    start: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class Spelled:
    """A number, a truth value or null by its spelling, or the text of that spelling."""

    text: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several, decided at run time."""

    options: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Open:
    """An object that may have more members than these."""

    members: dict[str, Known] = field(default_factory=dict)


Known = (
    str | int | float | bool | None | dict[str, Any] | list[Any] | Part | Spelled | OneOf | Open
) | Mark
"""A value of JSON as far as it is known."""


def all_of(found: Iterable[Chance]) -> Chance:
    """All must hold."""
    seen = set(found)
    return "no" if "no" in seen else "maybe" if "maybe" in seen else "yes"


def any_of(found: Iterable[Chance]) -> Chance:
    """One must hold."""
    seen = set(found)
    return "yes" if "yes" in seen else "maybe" if "maybe" in seen else "no"


def spelled(text: str) -> str | Spelled:
    """A scalar whose quotes were lost: what could be a number, a truth value or null, stays so."""
    try:
        plain = json.loads(text.lower())
    except (ValueError, RecursionError):
        return text
    return text if isinstance(plain, str | dict | list) else Spelled(text)


def loaded(text: str) -> Known:
    """A text as the JSON that it is, `UNKNOWN` where it is none."""
    found: Known
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return UNKNOWN
    return found


def matches(pattern: Known, event: Known) -> Chance:
    """Whether the event matches the pattern.

    Args:
        pattern: The pattern as JSON; in part unknown where a template's values are.
        event: The event as far as it is known.
    """
    if not isinstance(pattern, dict):
        return "maybe"
    return _object(pattern, event, 0)


def _object(pattern: Mapping[str, Known], event: Known, depth: int) -> Chance:
    if depth > MAX_DEPTH:
        return "maybe"
    if isinstance(event, OneOf):
        return _agreed(_object(pattern, option, depth) for option in event.options)
    if isinstance(event, list):
        if not event:
            return _object(pattern, ABSENT, depth)
        return _agreed(_object(pattern, item, depth) for item in event)
    return all_of(_member(key, wanted, event, depth) for key, wanted in pattern.items())


def _member(key: str, wanted: Known, event: Known, depth: int) -> Chance:
    alternatives = wanted if isinstance(wanted, list) else ()
    if key == "$or" and alternatives and all(isinstance(a, dict) for a in alternatives):
        return any_of(_object(a, event, depth + 1) for a in alternatives)
    value = _at(event, key)
    if isinstance(wanted, dict):
        return _object(wanted, value, depth + 1)
    if isinstance(wanted, list):
        return _value(wanted, value)
    return "maybe"


def _at(event: Known, key: str) -> Known:
    if isinstance(event, dict):
        member: Known = event.get(key, ABSENT)
        return member
    if isinstance(event, Open):
        return event.members.get(key, UNKNOWN)
    return UNKNOWN if isinstance(event, Part) or event is UNKNOWN else ABSENT


def _value(wanted: list[Any], value: Known) -> Chance:
    """Whether a value is what one of the pattern's items says."""
    if isinstance(value, OneOf):
        return _agreed(_value(wanted, option) for option in value.options)
    if isinstance(value, list) and value:
        found = [_value(wanted, item) for item in value]
        negates = any(_is_operator(w, "anything-but") for w in wanted)
        return _agreed(found) if negates else any_of(found)
    if isinstance(value, dict | Open):
        return "maybe" if any(_is_operator(w, "exists") for w in wanted) else "no"
    if isinstance(value, list):
        return "maybe"
    return any_of(_item(w, value) for w in wanted)


def _agreed(found: Iterable[Chance]) -> Chance:
    """Of a value that is one of several: only what holds for all of them holds.

    Also of an array whose items differ under `anything-but`, and of one of objects: AWS's pages do
    not say which of them counts.
    """
    seen = set(found)
    return seen.pop() if len(seen) == 1 else "maybe"


def _is_operator(wanted: Known, name: str) -> bool:
    return isinstance(wanted, dict) and name in wanted


def _item(wanted: Known, value: Known) -> Chance:
    if isinstance(wanted, dict):
        if len(wanted) != 1:
            return "maybe"
        [(name, operand)] = wanted.items()
        if name == "exists":
            return _exists(operand, value)
        if value is ABSENT:
            return "no"
        operator = _OPERATIONS.get(name)
        return operator(operand, value) if operator is not None else "maybe"
    return "no" if value is ABSENT else _equal(wanted, value)


def _exists(operand: Known, value: Known) -> Chance:
    if value is UNKNOWN:
        return "maybe"
    said = operand.text.lower() if isinstance(operand, Spelled) else str(operand).lower()
    if said not in ("true", "false"):
        return "maybe"
    return "yes" if (value is not ABSENT) == (said == "true") else "no"


def _equal(wanted: Known, value: Known) -> Chance:
    """Texts to the letter, numbers by value; another spelling of a number may be another one."""
    if isinstance(wanted, Spelled) or isinstance(value, Spelled):
        return _equal_spelled(wanted, value)
    if isinstance(wanted, str) and isinstance(value, str | Part):
        return _text(value, lambda text: text == wanted, wanted, wanted)
    if isinstance(wanted, Mark | Part) or isinstance(value, Mark):
        return "maybe"
    plain = (int, float)
    if type(wanted) in plain and type(value) in plain and wanted == value:
        return "yes" if type(wanted) is type(value) else "maybe"
    return "yes" if type(wanted) is type(value) and wanted == value else "no"


def _equal_spelled(wanted: Known, value: Known) -> Chance:
    texts = [
        v.text if isinstance(v, Spelled) else json.dumps(v) if not isinstance(v, str) else v
        for v in (wanted, value)
        if not isinstance(v, Mark | Part | OneOf | Open)
    ]
    if len(texts) < _OPERATORS:
        return "maybe"
    one, other = (t.lower() for t in texts)
    numbers = [_number(t) for t in texts]
    same = one == other or (None not in numbers and numbers[0] == numbers[1])
    if not same:
        return "no"
    # the same spelling twice: only whether both are texts is open
    return "yes" if isinstance(wanted, Spelled) and isinstance(value, Spelled) else "maybe"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _text(value: Known, holds: Callable[[str], bool], start: str = "", end: str = "") -> Chance:
    """What holds for a text; of one known in part, whether it can start and end so."""
    if isinstance(value, str):
        return "yes" if holds(value) else "no"
    if isinstance(value, Part):
        length = min(len(value.start), len(start))
        tail = min(len(value.end), len(end))
        starts = value.start[:length] == start[:length]
        ends = not tail or value.end[-tail:] == end[-tail:]
        return "maybe" if starts and ends else "no"
    if isinstance(value, Spelled):
        return "maybe" if holds(value.text) else "no"
    return "maybe" if isinstance(value, Mark) else "no"


def _texts(operand: Known) -> list[str] | None:
    """The operand as texts, None when it is anything else."""
    listed = operand if isinstance(operand, list) else [operand]
    plain = [o.text if isinstance(o, Spelled) else o for o in listed]
    return [t for t in plain if isinstance(t, str)] if _all_texts(plain) else None


def _all_texts(found: list[Any]) -> bool:
    return bool(found) and all(isinstance(t, str) for t in found)


def _ignoring_case(operand: Known) -> tuple[list[str] | None, bool]:
    if isinstance(operand, dict):
        return _texts(operand.get("equals-ignore-case")), True
    return _texts(operand), False


def _prefix(operand: Known, value: Known) -> Chance:
    return _end(operand, value, at_start=True)


def _suffix(operand: Known, value: Known) -> Chance:
    return _end(operand, value, at_start=False)


def _end(operand: Known, value: Known, *, at_start: bool) -> Chance:
    wanted, loosely = _ignoring_case(operand)
    if wanted is None:
        return "maybe"
    return any_of(_one_end(w, value, at_start=at_start, loosely=loosely) for w in wanted)


def _one_end(wanted: str, value: Known, *, at_start: bool, loosely: bool) -> Chance:
    known = value
    if loosely:
        wanted, known = wanted.lower(), _lowered(value)
    if isinstance(known, Part):
        whole = known.start.startswith(wanted) if at_start else known.end.endswith(wanted)
        if whole:
            return "yes"
    if at_start:
        return _text(known, lambda text: text.startswith(wanted), start=wanted)
    return _text(known, lambda text: text.endswith(wanted), end=wanted)


def _lowered(value: Known) -> Known:
    if isinstance(value, str):
        return value.lower()
    return Part(value.start.lower(), value.end.lower()) if isinstance(value, Part) else value


def _same_but_case(operand: Known, value: Known) -> Chance:
    wanted = _texts(operand)
    if wanted is None:
        return "maybe"
    lowered = _lowered(value)
    return any_of(_equal(w.lower(), lowered) for w in wanted)


def _anything_but(operand: Known, value: Known) -> Chance:
    if value is UNKNOWN:
        return "maybe"
    if isinstance(operand, dict):
        if len(operand) != 1:
            return "maybe"
        [(name, inner)] = operand.items()
        operator = _OPERATIONS.get(name)
        return _negated(operator(inner, value)) if operator is not None else "maybe"
    listed = operand if isinstance(operand, list) else [operand]
    return _negated(any_of(_equal(o, value) for o in listed))


def _negated(found: Chance) -> Chance:
    return "no" if found == "yes" else "yes" if found == "no" else "maybe"


def _numeric(operand: Known, value: Known) -> Chance:
    if not isinstance(operand, list) or len(operand) % 2:
        return "maybe"
    number, sure = _as_number(value)
    if number is None:
        return "no" if sure else "maybe"
    found: list[Chance] = []
    for name, given in zip(operand[::2], operand[1::2], strict=True):
        limit, _ = _as_number(given)
        compare = _COMPARES.get(name) if isinstance(name, str) else None
        if compare is None or limit is None:
            return "maybe"
        found.append("yes" if compare(number, limit) else "no")
    result = all_of(found)
    return result if sure or result == "no" else "maybe"


def _as_number(value: Known) -> tuple[float | None, bool]:
    """The number, and whether it is certain that there is one, or none."""
    if isinstance(value, Spelled):
        return _number(value.text), False
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None, not isinstance(value, Mark)
    return value, True


_COMPARES: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "!=": lambda a, b: a != b,
}


def _wildcard(operand: Known, value: Known) -> Chance:
    wanted = _texts(operand)
    if wanted is None:
        return "maybe"
    return any_of(_one_wildcard(w, value) for w in wanted)


def _one_wildcard(wanted: str, value: Known) -> Chance:
    pieces = _pieces(wanted)
    return _text(value, lambda text: _fits(pieces, text), pieces[0], pieces[-1])


def _pieces(wanted: str) -> list[str]:
    """The text between the asterisks; a backslash makes the next character plain."""
    pieces = [""]
    plain = False
    for char in wanted:
        if plain or char not in "\\*":
            pieces[-1] += char
            plain = False
        elif char == "*":
            pieces.append("")
        else:
            plain = True
    return pieces


def _fits(pieces: list[str], text: str) -> bool:
    """Whether the text is the pieces with anything between them; each search goes on from there."""
    first, *middle, last = pieces if len(pieces) > 1 else (pieces[0], pieces[0])
    if len(pieces) == 1:
        return text == first
    if not text.startswith(first) or len(text) < len(first) + len(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return text.endswith(last)


def _cidr(operand: Known, value: Known) -> Chance:
    if not isinstance(operand, str) or not isinstance(value, str):
        return "maybe" if isinstance(value, Mark | Part | Spelled) else "no"
    try:
        return "yes" if ip_address(value) in ip_network(operand, strict=False) else "no"
    except ValueError:
        return "no"


_OPERATIONS: Final[dict[str, Callable[[Known, Known], Chance]]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _same_but_case,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "wildcard": _wildcard,
    "cidr": _cidr,
}
