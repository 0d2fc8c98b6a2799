"""The rest-json protocol, both ways: parameters of a request, bytes of an answer.

May import the wire package, core and botocore. Shapes come from botocore's model, so nothing here
knows an operation. Source: botocore model; https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.model import ListShape, MapShape, StructureShape

from lambda_sandbox.core import ApiError, Json
from lambda_sandbox.wire.message import Response

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel, Shape

    from lambda_sandbox.wire.message import Request
    from lambda_sandbox.wire.router import Match


def parse(match: Match, request: Request) -> dict[str, Any]:
    """The operation's parameters by the names boto3 uses; absent ones are absent.

    Raises:
        ApiError: SerializationException, where a value is not of the model's type.
    """
    shape = match.operation.input_shape
    if shape is None:
        return {}
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        value = _from_head(name, member, match.labels, request)
        if value is not None:
            found[name] = value
    payload = shape.serialization.get("payload")
    if payload is not None:
        found.update(_payload(payload, shape.members[payload], request.body))
    elif match.operation.service_model.protocol == "rest-json":
        body = _json(request.body)
        for name, member in shape.members.items():
            key = member.serialization.get("name", name)
            if "location" not in member.serialization and body.get(key) is not None:
                found[name] = _from_json(member, body[key], name)
    return found


def serialise(operation: OperationModel, answer: dict[str, Any]) -> Response:
    """The answer in bytes; members that the model does not know are a mistake of ours."""
    shape = operation.output_shape
    status = operation.http.get("responseCode", 200)
    if shape is None:
        return Response(status)
    unknown = set(answer) - set(shape.members)
    if unknown:
        raise LookupError(f"{operation.name} does not answer {sorted(unknown)}")
    headers = {"Content-Type": "application/json"}
    payload = shape.serialization.get("payload")
    body: dict[str, Any] = {}
    raw = b""
    for name, value in answer.items():
        if value is None:
            continue
        member = shape.members[name]
        location = member.serialization.get("location")
        if location == "statusCode":
            status = int(value)
        elif location == "header":
            headers[member.serialization["name"]] = _to_text(member, value)
        elif location == "headers":
            prefix = member.serialization.get("name", "")
            headers.update({prefix + key: text for key, text in value.items()})
        elif name == payload:
            raw = value if member.type_name == "blob" else _dump(_to_json(member, value))
        else:
            body[member.serialization.get("name", name)] = _to_json(member, value)
    if payload is None and status != 204:  # noqa: PLR2004 - No Content
        raw = _dump(body)
    return Response(status, raw, headers)


def error_response(model: ServiceModel, error: ApiError) -> Response:
    """An error as rest-json services send it: the type in a header, the members in the body.

    Lambda's 404 and signature errors spell the text "Message", the others "message": the model
    tells. Source: botocore model; LocalStack AWS-validated snapshots (Type is "User" or "Service").
    """
    members: dict[str, Any] = {}
    shape = next((s for s in model.error_shapes if s.name == error.code), None)
    names = list(shape.members) if isinstance(shape, StructureShape) else []
    key = next((n for n in names if n.lower() == "message"), "message")
    members[key] = error.message
    if "Type" in names:
        members["Type"] = "User" if error.status < 500 else "Service"  # noqa: PLR2004
    members.update(error.fields)
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
    if "retryAfterSeconds" in error.fields:
        headers["Retry-After"] = str(error.fields["retryAfterSeconds"])
        del members["retryAfterSeconds"]
    return Response(error.status, _dump(members), headers, error.code)


def _from_head(name: str, member: Shape, labels: dict[str, str], request: Request) -> Json:
    """The value of a member that stands in path, query or headers; None when it does not."""
    place = member.serialization
    location, wire_name = place.get("location"), place.get("name", name)
    if location == "headers":
        prefix = wire_name.lower()
        found = {k[len(prefix) :]: v for k, v in request.headers.items() if k.startswith(prefix)}
        return found or None
    texts: list[str] = []
    if location == "uri":
        texts = [labels[wire_name]]
    elif location == "querystring":
        texts = request.arguments.get(wire_name, [])
    elif location == "header" and wire_name.lower() in request.headers:
        texts = [request.headers[wire_name.lower()]]
    if not texts:
        return None
    if isinstance(member, ListShape):
        return [_from_text(member.member, text, name) for text in texts]
    return _from_text(member, texts[0], name)


def _payload(name: str, member: Shape, body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    if member.type_name == "blob":
        return {name: body}
    if member.type_name == "structure":
        try:
            return {name: _from_json(member, json.loads(body), name)}
        except ValueError:
            return {}
    return {name: body.decode("utf-8", "replace")}


def _json(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        value = json.loads(body)
    except ValueError as exc:
        raise ApiError("SerializationException", "Could not parse request body into json") from exc
    if not isinstance(value, dict):
        raise ApiError(
            "SerializationException", "Start of structure or map found where not expected"
        )
    return value


def _from_text(member: Shape, text: str, name: str) -> Json:
    kind = member.type_name
    try:
        if kind == "boolean":
            return {"true": True, "false": False}[text.lower()]
        if kind in {"integer", "long"}:
            return int(text)
        if kind in {"float", "double"}:
            return float(text)
        if kind == "timestamp":
            return datetime.fromisoformat(text)
    except (KeyError, ValueError) as exc:
        raise ApiError("SerializationException", f"{text!r} at {name!r} is not a {kind}") from exc
    return text


def _from_json(member: Shape, value: Json, name: str) -> Json:
    """The value in Python's types; unknown keys of structures are dropped, as AWS does."""
    if isinstance(member, StructureShape) and isinstance(value, dict):
        return {
            key: _from_json(inner, value[inner.serialization.get("name", key)], key)
            for key, inner in member.members.items()
            if value.get(inner.serialization.get("name", key)) is not None
        }
    if isinstance(member, ListShape) and isinstance(value, list):
        return [_from_json(member.member, item, name) for item in value]
    if isinstance(member, MapShape) and isinstance(value, dict):
        return {str(key): _from_json(member.value, item, name) for key, item in value.items()}
    if member.type_name == "timestamp" and isinstance(value, str):
        return _from_text(member, value, name)
    return _scalar(member.type_name, value, name)


def _scalar(kind: str, value: Json, name: str) -> Json:
    """A value that holds no other: of the model's type, or refused."""
    expected: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "blob": (str,),
        "boolean": (bool,),
        "integer": (int,),
        "long": (int,),
        "float": (int, float),
        "double": (int, float),
        "timestamp": (int, float),
    }
    fits = isinstance(value, expected.get(kind, ()))
    if not fits or (isinstance(value, bool) and kind != "boolean"):
        raise ApiError("SerializationException", f"{name!r} is not a {kind}")
    if kind == "blob":
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error as exc:
            raise ApiError("SerializationException", f"{name!r} is not base64") from exc
    if kind == "timestamp":
        return datetime.fromtimestamp(value, UTC)
    return float(value) if kind in {"float", "double"} else value


def _to_json(member: Shape, value: Json) -> Json:
    if isinstance(member, StructureShape):
        unknown = set(value) - set(member.members)
        if unknown:
            raise LookupError(f"{member.name} has no {sorted(unknown)}")
        return {
            member.members[key].serialization.get("name", key): _to_json(member.members[key], item)
            for key, item in value.items()
            if item is not None
        }
    if isinstance(member, ListShape):
        return [_to_json(member.member, item) for item in value]
    if isinstance(member, MapShape):
        return {key: _to_json(member.value, item) for key, item in value.items()}
    if member.type_name == "blob":
        return base64.b64encode(value).decode()
    return _spelled_time(member, value) if member.type_name == "timestamp" else value


def _spelled_time(member: Shape, moment: datetime) -> str | float:
    """A time in a body: seconds since 1970 unless the model says otherwise."""
    if member.serialization.get("timestampFormat") == "iso8601":
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return round(moment.timestamp(), 3)


def _to_text(member: Shape, value: Json) -> str:
    if member.type_name == "timestamp":
        return format_datetime(value, usegmt=True)
    if member.type_name == "boolean":
        return "true" if value else "false"
    text = str(value)
    return text if text.isascii() else quote(text)


def _dump(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
