"""Errors in the format of each protocol: REST-XML (S3), Query, JSON, CBOR.

May import the wire package, core and botocore. rest-json errors live in restjson.
Source: https://smithy.io/2.0/aws/protocols/ (each protocol's page on errors).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from lambda_sandbox.wire.message import Response
from lambda_sandbox.wire.restjson import error_response

if TYPE_CHECKING:
    from botocore.model import ServiceModel

    from lambda_sandbox.core import ApiError
    from lambda_sandbox.wire.message import Request

_SERVER_ERROR = 500


def s3_error(error: ApiError, request: Request) -> Response:
    """The error as S3 spells it; an answer to HEAD has no body."""
    fields = {"Code": error.code, "Message": error.message, **error.fields}
    inner = "".join(f"<{name}>{escape(str(text))}</{name}>" for name, text in fields.items())
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}'
        "<RequestId>4442587FB7D0A2F9</RequestId></Error>"
    )
    headers = {"Content-Type": "application/xml"}
    raw = b"" if request.method == "HEAD" else body.encode()
    return Response(error.status, raw, headers, error.code)


def error_for(model: ServiceModel | None, error: ApiError, request: Request) -> Response:
    """The error in the protocol that the request speaks."""
    protocol = model.protocol if model is not None else "json"
    if protocol == "rest-xml":
        return s3_error(error, request)
    if protocol == "rest-json" and model is not None:
        return error_response(model, error)
    if "smithy-protocol" in request.headers:
        return _cbor_error(error)
    if request.form:
        return _query_error(error)
    body = json.dumps({"__type": error.code, "message": error.message}).encode()
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": error.code}
    return Response(error.status, body, headers, error.code)


def _query_error(error: ApiError) -> Response:
    kind = "Receiver" if error.status >= _SERVER_ERROR else "Sender"
    body = (
        f"<ErrorResponse><Error><Type>{kind}</Type><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error>"
        "<RequestId>4442587f-b7d0-a2f9-0000-000000000000</RequestId></ErrorResponse>"
    )
    return Response(error.status, body.encode(), {"Content-Type": "text/xml"}, error.code)


def _cbor_error(error: ApiError) -> Response:
    pairs = (("__type", error.code), ("message", error.message))
    body = bytes([0xA0 + len(pairs)]) + b"".join(
        _cbor_text(text) for pair in pairs for text in pair
    )
    headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    return Response(error.status, body, headers, error.code)


def _cbor_text(text: str) -> bytes:
    raw = text.encode()
    return b"\x7a" + len(raw).to_bytes(4, "big") + raw
