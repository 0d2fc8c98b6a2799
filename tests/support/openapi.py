"""GitHub's own OpenAPI description as judge of requests and answers.

`tests/data/github.slim.json` is GitHub's description (MIT, see github.slim.LICENSE), cut to the
operations that this project may use. A request for an operation that is not in it is a violation.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

Json = Any
"""Whatever JSON can hold."""

SPEC = Path(__file__).parents[1] / "data" / "github.slim.json"


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    template: str
    pattern: re.Pattern[str]
    description: dict[str, Any]


@functools.cache
def _spec() -> dict[str, Any]:
    return _as_json_schema(json.loads(SPEC.read_text(encoding="utf-8")))


def _as_json_schema(node: Json) -> Json:
    """OpenAPI 3.0's `nullable` in the words of JSON Schema; examples dropped."""
    if isinstance(node, dict):
        out = {k: _as_json_schema(v) for k, v in node.items() if k not in ("example", "examples")}
        return {"anyOf": [out, {"type": "null"}]} if out.pop("nullable", False) is True else out
    return [_as_json_schema(x) for x in node] if isinstance(node, list) else node


@functools.cache
def operations() -> tuple[Operation, ...]:
    """All operations, those with fewer parameters in their path first."""
    out = []
    for template, item in _spec()["paths"].items():
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(template)))
        out += [
            Operation(m.upper(), template, pattern, description)
            for m, description in item.items()
            if m in ("get", "post", "put", "patch", "delete")
        ]
    return tuple(sorted(out, key=lambda o: o.template.count("{")))


def operation(method: str, path: str) -> Operation | None:
    """The operation that a request asks for."""
    return next((o for o in operations() if o.method == method and o.pattern.fullmatch(path)), None)


def request_violations(method: str, path: str, query: dict[str, str], body: Json) -> list[str]:
    """What GitHub's description says against a request."""
    asked = operation(method, path)
    if asked is None:
        return [f"no such operation: {method} {path}"]
    out: list[str] = []
    known: set[str] = set()
    for described in asked.description.get("parameters", []):
        parameter = _resolved(described)
        name, schema = parameter["name"], parameter["schema"]
        if parameter["in"] != "query":
            continue
        known.add(name)
        if name in query:
            text = query[name]
            value = int(text) if schema.get("type") == "integer" and text.isdecimal() else text
            out += [f"query {name}: {e}" for e in _errors(schema, value)]
    out += [f"query {name}: not in GitHub's description" for name in query.keys() - known]
    content = asked.description.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return [*out, "a body where GitHub takes none"] if body is not None else out
    schema = content["schema"]
    out += [f"body: {e}" for e in _errors(schema, body)]
    extra = (body.keys() if isinstance(body, dict) else set()) - schema.get("properties", {}).keys()
    return out + [f"body {name}: not in GitHub's description" for name in extra]


def answer_violations(method: str, path: str, status: int, body: Json) -> list[str]:
    """What GitHub's description says against an answer: keeps the stand-in honest."""
    asked = operation(method, path)
    response = asked.description["responses"].get(str(status)) if asked else None
    if response is None:
        return [f"{method} {path}: no answer {status} in GitHub's description"]
    content = _resolved(response).get("content", {}).get("application/json")
    return [f"answer {status}: {e}" for e in _errors(content["schema"], body)] if content else []


def filled(schema_name: str, known: dict[str, Json]) -> dict[str, Json]:
    """An object of GitHub's form: what is known, and of the rest the least that is allowed."""
    out = _filled(_spec()["components"]["schemas"][schema_name], known)
    assert isinstance(out, dict)
    return out


def _filled(described: dict[str, Json], known: Json) -> Json:
    schema = _resolved(described)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            schema = _resolved(schema[choice][0]) | {k: v for k, v in schema.items() if k != choice}
    if "properties" in schema and (known is ... or isinstance(known, dict)):
        given = {} if known is ... else known
        names = dict.fromkeys([*schema.get("required", []), *given])
        properties = schema["properties"]
        return {
            n: _filled(properties[n], given.get(n, ...)) if n in properties else given[n]
            for n in names
        }
    return _least(schema) if known is ... else known


def _least(schema: dict[str, Json]) -> Json:
    if "enum" in schema:
        return schema["enum"][0]
    formats = {"date-time": "2026-11-22T09:00:00Z", "uri": "https://example.com"}
    of_type = {
        "string": formats.get(schema.get("format", ""), ""),
        "integer": 0,
        "number": 0,
        "boolean": False,
        "array": [],
        "object": {},
    }
    return of_type[schema.get("type", "object")]


def _resolved(described: dict[str, Json]) -> dict[str, Json]:
    """What a reference stands for, or the thing itself."""
    while "$ref" in described:
        _, _, kind, name = described["$ref"].split("/")
        described = _spec()["components"][kind][name]
    return described


def _errors(schema: dict[str, Any], value: Json) -> list[str]:
    validator = Draft7Validator(schema | {"components": _components()})
    return [
        f"{'/'.join(map(str, e.absolute_path)) or '.'}: {e.message[:160]}"
        for e in validator.iter_errors(value)
    ]


def _components() -> dict[str, Any]:
    return _spec()["components"]
