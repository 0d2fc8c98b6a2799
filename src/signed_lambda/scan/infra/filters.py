"""Patterns and policies as templates write them: tables, or JSON in a text.

Imports `matching`, `selection`, `values`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from signed_lambda.scan.matching import UNKNOWN, Known, Part, loaded, spelled
from signed_lambda.scan.selection import Filter
from signed_lambda.scan.values import Lit

if TYPE_CHECKING:
    from signed_lambda.scan.infra.document import Tree
    from signed_lambda.scan.values import Str


def json_of(tree: Tree) -> Known:
    """A node as JSON; a text at the top is read as JSON, a value with references is unknown."""
    if isinstance(tree.value, str) and not tree.tag:
        return loaded(tree.value)
    return _member(tree)


def _member(tree: Tree) -> Known:
    if tree.tag:
        return UNKNOWN
    if isinstance(tree.value, str):
        return spelled(tree.value)
    if isinstance(tree.value, tuple):
        return [_member(item) for item in tree.value]
    if any(key == "Ref" or key.startswith("Fn::") for key in tree.value):
        return UNKNOWN
    return {key: _member(value) for key, value in tree.value.items()}


def policy_of(given: Tree, scope: Tree) -> Filter | None:
    """The filter policy of a subscription, None where there is none.

    Args:
        given: Has `FilterPolicy` or `filterPolicy`.
        scope: Has `FilterPolicyScope` or `filterPolicyScope`.
    """
    policy = given.get("FilterPolicy") or given.get("filterPolicy")
    if not policy:
        return None
    said = scope.get("FilterPolicyScope").text or scope.get("filterPolicyScope").text
    return Filter((json_of(policy),), scope_of(said))


def scope_of(said: str) -> Literal["attributes", "body"]:
    """What a filter policy of SNS looks at."""
    return "body" if said == "MessageBody" else "attributes"


def criteria_of(given: Tree) -> Filter | None:
    """`FilterCriteria: {Filters: [{Pattern: ...}]}`, None where there is none."""
    if not given:
        return None
    patterns = tuple(json_of(one.get("Pattern")) for one in given.get("Filters").items)
    return Filter(patterns or (UNKNOWN,))


def recursion_of(said: str) -> Literal["Allow", "Terminate"] | None:
    """What a `RecursiveLoop` says, None for anything else."""
    return "Allow" if said == "Allow" else "Terminate" if said == "Terminate" else None


def shown(value: Str) -> str:
    """A text, with a level of its own for what is not known of it."""
    return "".join(atom.text if isinstance(atom, Lit) else "\0" for atom in value.atoms)


def known_of(value: Str) -> Known:
    """A value of a template, as far as it is known."""
    if value.literal is not None:
        return spelled(value.literal)
    first, last = value.atoms[0], value.atoms[-1]
    start = first.text if isinstance(first, Lit) else ""
    end = last.text if isinstance(last, Lit) else ""
    return Part(start, end)
