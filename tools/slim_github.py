"""Cuts GitHub's own descriptions of its APIs down to what the tests check against.

Run by hand, when GitHub's descriptions change; the results are committed as test data:

    npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-*.tgz
    python tools/slim_github.py package/generated/api.github.com.json tests/data/github.slim.json
    npm pack @octokit/graphql-schema@15.26.1 && tar xzf octokit-graphql-schema-*.tgz
    python tools/slim_github.py package/schema.graphql tests/data/github.slim.graphql
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from graphql import parse, print_ast
from graphql.language import DefinitionNode, DocumentNode, NameNode, Node

_OPERATIONS: Final = {
    "/repos/{owner}/{repo}": "get",
    "/repos/{owner}/{repo}/pulls": "get post",
    "/repos/{owner}/{repo}/pulls/{pull_number}": "get",
    "/repos/{owner}/{repo}/pulls/{pull_number}/files": "get",
    "/repos/{owner}/{repo}/pulls/{pull_number}/reviews": "get post",
    "/repos/{owner}/{repo}/pulls/{pull_number}/comments": "get post",
    "/repos/{owner}/{repo}/issues/{issue_number}": "get patch",
    "/repos/{owner}/{repo}/issues": "get post",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": "get post",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": "get patch delete",
    "/repos/{owner}/{repo}/issues/{issue_number}/labels": "get post",
    "/repos/{owner}/{repo}/check-runs": "post",
    "/repos/{owner}/{repo}/check-runs/{check_run_id}": "get patch",
    "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations": "get",
    "/repos/{owner}/{repo}/commits/{ref}/check-runs": "get",
    "/repos/{owner}/{repo}/commits/{ref}": "get",
    "/repos/{owner}/{repo}/commits/{commit_sha}/pulls": "get",
    "/orgs/{org}/artifacts/metadata/deployment-record": "post",
    "/repos/{owner}/{repo}/statuses/{sha}": "post",
    "/repos/{owner}/{repo}/deployments": "get post",
    "/repos/{owner}/{repo}/deployments/{deployment_id}": "get",
    "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses": "get post",
    "/repos/{owner}/{repo}/code-scanning/sarifs": "post",
    "/repos/{owner}/{repo}/code-scanning/sarifs/{sarif_id}": "get",
    "/repos/{owner}/{repo}/environments": "get",
    "/repos/{owner}/{repo}/contents/{path}": "get put",
    "/repos/{owner}/{repo}/git/refs": "post",
    "/repos/{owner}/{repo}/branches/{branch}": "get",
    "/repos/{owner}/{repo}/actions/runs/{run_id}": "get",
    "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches": "post",
    "/repos/{owner}/{repo}/attestations": "post",
    "/repos/{owner}/{repo}/attestations/{subject_digest}": "get",
    "/rate_limit": "get",
    "/user": "get",
    "/markdown": "post",
    "/repos/{owner}/{repo}/compare/{basehead}": "get",
}
"""Paths of the REST API, and which of their methods."""
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


def slim_openapi(text: str) -> str:
    """The kept operations of an OpenAPI description, what they refer to, and no examples."""
    source = _without_examples(json.loads(text))
    paths = {
        path: {method: source["paths"][path][method] for method in methods.split()}
        for path, methods in _OPERATIONS.items()
    }
    components: dict[str, dict[str, Any]] = {}
    todo: list[Any] = [paths]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            ref = node.get("$ref")
            if isinstance(ref, str):
                _, _, kind, name = ref.split("/")
                if name not in components.setdefault(kind, {}):
                    components[kind][name] = source["components"][kind][name]
                    todo.append(components[kind][name])
            todo += node.values()
        elif isinstance(node, list):
            todo += node
    slim = {key: source[key] for key in ("openapi", "info")}
    return json.dumps(slim | {"paths": paths, "components": components}, sort_keys=True) + "\n"


def _without_examples(node: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(node, dict):
        return {
            k: _without_examples(v)
            for k, v in node.items()
            if k != "examples" and not (k == "example" and "type" in node)
        }
    return [_without_examples(x) for x in node] if isinstance(node, list) else node


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
    slim = slim_openapi if source.suffix == ".json" else slim_graphql
    target.write_text(slim(source.read_text(encoding="utf-8")), encoding="utf-8")
