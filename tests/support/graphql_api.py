"""GitHub's own GraphQL schema as judge of queries, and as what answers them.

`tests/data/github.slim.graphql` is GitHub's schema (MIT, see github.slim.LICENSE), cut by
tools/slim_github.py to what this project may ask for. A query for anything else is a violation.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    assert_valid_schema,
    build_schema,
    execute_sync,
    parse,
    validate,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = Path(__file__).parents[1] / "data" / "github.slim.graphql"


class Refusal(GraphQLError):
    """What a resolver raises: GitHub tells its kind in a member of its own.

    Source: PyGithub 2.10.0, Requester.graphql_query (reads `type`)
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message, extensions={"type": kind})


@functools.cache
def _schema() -> GraphQLSchema:
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"))
    assert_valid_schema(schema)
    return schema


def violations(body: Mapping[str, Any]) -> list[str]:
    """What GitHub's schema says against the body of a request."""
    extra = [f"body {name}: GraphQL takes none" for name in body.keys() - {"query", "variables"}]
    try:
        return extra + [e.message for e in validate(_schema(), parse(body["query"]))]
    except GraphQLError as error:
        return [*extra, error.message]


def answer(body: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """The query's answer: always HTTP 200, refusals in `errors`.

    Args:
        body: Of a request without violations.
        root: A value, or a function of `info` and the arguments, for each field of Query and
            Mutation that is answered.
    """
    done = execute_sync(
        _schema(), parse(body["query"]), dict(root), variable_values=body.get("variables")
    )
    if not done.errors:
        return {"data": done.data}
    return {"data": done.data, "errors": [_as_github(e) for e in done.errors]}


def _as_github(error: GraphQLError) -> dict[str, Any]:
    told = dict(error.formatted)
    return dict(told.pop("extensions", {})) | told
