"""The constraints of botocore's models (required, length, range, pattern, enum), told as AWS does.

May import the wire package, core and botocore. Texts: LocalStack AWS-validated snapshot 2025-11
(tests/aws/services/lambda_/test_lambda_api.snapshot.json), for example "1 validation error
detected: Value '123' at 'name' failed to satisfy constraint: Member must satisfy regular
expression pattern: ...". Constraints: botocore model.
"""

from __future__ import annotations

import re
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, StructureShape

from lambda_sandbox.core import ApiError, Json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.model import Shape


def validate(
    shape: StructureShape | None, params: Mapping[str, Any], exempt: frozenset[str] = frozenset()
) -> None:
    """Refuses parameters outside the model's constraints, all faults in one message.

    Raises:
        ApiError: ValidationException.
    """
    if shape is None:
        return
    checked = {name: value for name, value in params.items() if name not in exempt}
    faults = list(_structure(shape, checked, ""))
    if faults:
        count = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected"
        raise ApiError("ValidationException", f"{count}: {'; '.join(faults)}")


def _structure(shape: StructureShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield _fault("null", f"{path}{_camel(name)}", "Member must not be null", quoted=False)
    for name, item in value.items():
        yield from _member(shape.members[name], item, f"{path}{_camel(name)}")


def _member(shape: Shape, value: Json, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, f"{path}.")
    elif isinstance(shape, ListShape):
        yield from _list(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _map(shape, value, path)
    else:
        for rule in _broken(shape, value):
            yield _fault(value, path, rule)


def _list(shape: ListShape, value: list[Any], path: str) -> Iterator[str]:
    for rule in _broken(shape, value):
        yield _fault(_spelled(value), path, rule)
    if shape.member.type_name in {"structure", "map", "list"}:
        for place, item in enumerate(value, 1):
            yield from _member(shape.member, item, f"{path}.{place}.member")
    elif any(_broken(shape.member, item) for item in value):
        rules = f"Member must satisfy constraint: [{', '.join(_rules(shape.member))}]"
        yield _fault(_spelled(value), path, rules)


def _map(shape: MapShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    spelled = "{" + ", ".join(f"{key}={item}" for key, item in value.items()) + "}"
    if any(_broken(shape.key, key) for key in value):
        yield _fault(
            spelled, path, f"Map keys must satisfy constraint: [{', '.join(_rules(shape.key))}]"
        )
    if shape.value.type_name in {"structure", "map", "list"}:
        for key, item in value.items():
            yield from _member(shape.value, item, f"{path}.{key}.member")
    elif any(_broken(shape.value, item) for item in value.values()):
        rules = [*_rules(shape.value), "Member must not be null"]
        yield _fault(spelled, path, f"Map value must satisfy constraint: [{', '.join(rules)}]")


def _broken(shape: Shape, value: Json) -> list[str]:
    """The constraints of a scalar's, list's or blob's shape that the value breaks."""
    metadata = shape.metadata
    broken = []
    measured = len(value) if isinstance(value, (str, bytes, list)) else value
    if not isinstance(measured, bool) and isinstance(measured, (int, float)):
        low, high = metadata.get("min"), metadata.get("max")
        if high is not None and measured > high:
            broken.append(_limit(shape, "less", high))
        if low is not None and measured < low:
            broken.append(_limit(shape, "greater", low))
    if isinstance(value, str):
        pattern = metadata.get("pattern")
        compiled = _compiled(pattern) if pattern else None
        if compiled is not None and not compiled.fullmatch(value):
            broken.append(f"Member must satisfy regular expression pattern: {pattern}")
        if metadata.get("enum") and value not in metadata["enum"]:
            broken.append(f"Member must satisfy enum value set: [{', '.join(metadata['enum'])}]")
    return broken


def _rules(shape: Shape) -> list[str]:
    """All constraints of a scalar's shape: AWS lists them all for members of lists and maps."""
    metadata = shape.metadata
    rules = []
    if "max" in metadata:
        rules.append(_limit(shape, "less", metadata["max"]))
    if "min" in metadata:
        rules.append(_limit(shape, "greater", metadata["min"]))
    if "pattern" in metadata:
        rules.append(f"Member must satisfy regular expression pattern: {metadata['pattern']}")
    if metadata.get("enum"):
        rules.append(f"Member must satisfy enum value set: [{', '.join(metadata['enum'])}]")
    return rules


def _limit(shape: Shape, side: str, bound: float) -> str:
    what = "value" if shape.type_name in {"integer", "long", "float", "double"} else "length"
    spelled = float(bound) if shape.type_name in {"float", "double"} else bound
    return f"Member must have {what} {side} than or equal to {spelled}"


def _fault(value: Json, path: str, rule: str, *, quoted: bool = True) -> str:
    spelled = f"'{value}'" if quoted else value
    return f"Value {spelled} at '{path}' failed to satisfy constraint: {rule}"


def _spelled(value: list[Any]) -> str:
    return f"[{', '.join(map(str, value))}]"


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern for Python; None for the few that only Java's dialect knows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return re.compile(pattern)
        except re.error:
            return None
