"""Cuts GitHub's own descriptions of its APIs down to what the tests check against.

Run by hand, when GitHub's descriptions change; the results are committed as test data:

    npm pack @octokit/graphql-schema@15.26.1 && tar xzf octokit-graphql-schema-*.tgz
    python tools/slim_github.py package/schema.graphql tests/data/github.slim.graphql
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from graphql import parse, print_ast
from graphql.language import DefinitionNode, DocumentNode, NameNode, Node

_KEEP: Final[dict[str, set[str] | None]] = {
    "Query": {"id", "node", "viewer"},
    "Mutation": {"minimizeComment"},
    "Node": {"id"},
    "User": {"id", "login"},
    "IssueComment": {
        "body",
        "id",
        "isMinimized",
        "minimizedReason",
        "url",
        "viewerCanMinimize",
    },
    "Minimizable": {"isMinimized", "minimizedReason", "viewerCanMinimize"},
    "MinimizeCommentInput": None,
    "MinimizeCommentPayload": None,
    "ReportedContentClassifiers": None,
    "URI": None,
}
"""Types, and which of their fields; None for all."""


def slim_graphql(text: str) -> str:
    """The kept types of a GraphQL schema, without descriptions and directives."""
    kept = [_slim(d) for d in parse(text, no_location=True).definitions if _name(d) in _KEEP]
    if missing := _KEEP.keys() - {_name(d) for d in kept}:
        raise SystemExit(f"not in the schema any more: {', '.join(sorted(missing))}")
    return print_ast(DocumentNode(definitions=tuple(sorted(kept, key=_name)))) + "\n"


def _name(node: Node) -> str:
    name = getattr(node, "name", None)
    return name.value if isinstance(name, NameNode) else ""


def _slim(definition: Node) -> DefinitionNode:
    """A kept type with its kept fields."""
    changes: dict[str, object] = {}
    if (only := _KEEP[_name(definition)]) is not None:
        changes["fields"] = tuple(f for f in definition.fields if _name(f) in only)
        if interfaces := getattr(definition, "interfaces", None):
            changes["interfaces"] = tuple(i for i in interfaces if _name(i) in _KEEP)
    return _bare(replace(definition, **changes))


def _bare(node: Node) -> Node:
    """A node without descriptions and directives, its own and those inside."""
    bare: dict[str, object] = {"description": None, "directives": None}
    changes = {key: value for key, value in bare.items() if hasattr(node, key)}
    for key in ("fields", "arguments", "values"):
        if children := getattr(node, key, None):
            changes[key] = tuple(_bare(child) for child in children)
    return replace(node, **changes)


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(slim_graphql(source.read_text(encoding="utf-8")), encoding="utf-8")
