"""The decision of IAM policies on one action and resource: allowed, explicitDeny, implicitDeny.

Pure: imports the standard library only. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
reference_policies_elements_condition_operators.html.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Decision = Literal["allowed", "explicitDeny", "implicitDeny"]
_ARN_PARTS = 6


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement and where it stands.

    Attributes:
        policy: Name of its policy, for MatchedStatements.
        body: As in the document.
    """

    policy: str
    body: Mapping[str, Any]


@dataclass(slots=True)
class Verdict:
    """The decision, and what led to it."""

    decision: Decision
    matched: list[Statement] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)


def statements_of(policy: str, document: Mapping[str, Any]) -> list[Statement]:
    """A document's statements, in order."""
    found = document.get("Statement", [])
    return [Statement(policy, body) for body in ([found] if isinstance(found, dict) else found)]


def decide(
    statements: Iterable[Statement],
    action: str,
    resource: str,
    context: Mapping[str, Sequence[str]],
) -> Verdict:
    """Any matching Deny wins, then any matching Allow, else it is denied implicitly."""
    missing: set[str] = set()
    allows: list[Statement] = []
    denies: list[Statement] = []
    for statement in statements:
        body = statement.body
        if not _covers(body, "Action", action, fold=True):
            continue
        if not _covers(body, "Resource", resource, fold=False):
            continue
        if not _conditions_hold(body.get("Condition", {}), context, missing):
            continue
        (denies if body.get("Effect") == "Deny" else allows).append(statement)
    if denies:
        return Verdict("explicitDeny", denies, missing)
    return Verdict("allowed" if allows else "implicitDeny", allows, missing)


def bounded(verdict: Verdict, boundary: Verdict | None) -> Verdict:
    """A permissions boundary can only take away."""
    if boundary is None or boundary.decision == "allowed" or verdict.decision == "explicitDeny":
        return verdict
    return Verdict(boundary.decision, boundary.matched, verdict.missing | boundary.missing)


def _covers(body: Mapping[str, Any], element: str, value: str, *, fold: bool) -> bool:
    """Whether Action/NotAction or Resource/NotResource takes the value in."""
    if element in body:
        return any(_like(pattern, value, fold=fold) for pattern in _listed(body[element]))
    negated = f"Not{element}"
    if negated in body:
        return not any(_like(pattern, value, fold=fold) for pattern in _listed(body[negated]))
    return False


def _conditions_hold(
    conditions: Mapping[str, Mapping[str, Any]],
    context: Mapping[str, Sequence[str]],
    missing: set[str],
) -> bool:
    known = {key.lower(): values for key, values in context.items()}
    holds = True
    for operator, pairs in conditions.items():
        for key, wanted in pairs.items():
            given = known.get(key.lower())
            if given is None:
                missing.add(key)
            holds &= _condition_holds(operator, [str(w) for w in _listed(wanted)], given)
    return holds


def _condition_holds(operator: str, wanted: list[str], given: Sequence[str] | None) -> bool:
    quantifier, _, name = operator.rpartition(":")
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    if name == "Null":
        return (given is None) == (wanted[0].lower() == "true")
    negated = "Not" in name
    test = _TESTS.get(name.replace("Not", "", 1) if negated else name)
    if test is None:
        return False
    if given is None:
        return optional or negated or quantifier == "ForAllValues"
    hits = [any(test(pattern, value) for pattern in wanted) != negated for value in given]
    return all(hits) if quantifier == "ForAllValues" or negated else any(hits)


def _like(pattern: str, value: str, *, fold: bool) -> bool:
    return _compiled(pattern, fold).fullmatch(value) is not None


@cache
def _compiled(pattern: str, fold: bool) -> re.Pattern[str]:  # noqa: FBT001 - a cache's key
    literal = pattern.replace("[", "[[]")
    return re.compile(fnmatch.translate(literal), re.IGNORECASE if fold else 0)


def _arn_like(pattern: str, value: str) -> bool:
    wanted, given = pattern.split(":", _ARN_PARTS - 1), value.split(":", _ARN_PARTS - 1)
    pairs = zip(wanted, given, strict=False)
    return len(wanted) == len(given) and all(_like(w, g, fold=False) for w, g in pairs)


def _compared(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def test(wanted: str, given: str) -> bool:
        try:
            return compare(_number(given), _number(wanted))
        except ValueError:
            return False

    return test


def _number(text: str) -> float:
    """A number, or a time as a number."""
    try:
        return float(text)
    except ValueError:
        return datetime.fromisoformat(text).timestamp()


def _in_network(network: str, address: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - an element of a JSON policy
    return list(value) if isinstance(value, (list, tuple)) else [value]


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, given: wanted == given,
    "StringEqualsIgnoreCase": lambda wanted, given: wanted.lower() == given.lower(),
    "StringLike": lambda wanted, given: _like(wanted, given, fold=False),
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda wanted, given: wanted.lower() == given.lower(),
    "IpAddress": _in_network,
    "BinaryEquals": lambda wanted, given: wanted == given,
}
for _kind in ("Numeric", "Date"):
    _TESTS |= {
        f"{_kind}Equals": _compared(lambda given, wanted: given == wanted),
        f"{_kind}LessThan": _compared(lambda given, wanted: given < wanted),
        f"{_kind}LessThanEquals": _compared(lambda given, wanted: given <= wanted),
        f"{_kind}GreaterThan": _compared(lambda given, wanted: given > wanted),
        f"{_kind}GreaterThanEquals": _compared(lambda given, wanted: given >= wanted),
    }
