"""What botocore does not look at in an answer: is it AWS's at all, and is it whole?

botocore switches off the comparison of a body's length with Content-Length, and takes a body that
is not JSON as an answer without members. A portal's HTML page with status 200 then reads like "no
code-signing configuration". The handler here runs before the parser and refuses such answers.
Source: botocore 1.44 `httpsession.py` (`enforce_content_length=False`), `parsers.py`
(`_parse_body_as_json`).

May import botocore's events only. Never keeps or shows a body.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from signed_lambda.aws.answer import NotAnAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.client import BaseClient
    from botocore.model import OperationModel


def check_answers(client: BaseClient, service: str, *, json_bodies: bool) -> None:
    """Refuses answers of the client that are not AWS's, before they are parsed.

    Args:
        client: Of boto3.
        service: As botocore's events name it ("lambda", "s3").
        json_bodies: Whether the service answers in JSON (else XML, whose parser is strict).
    """

    def before_parse(
        operation_model: OperationModel, response_dict: Mapping[str, object], **_: object
    ) -> None:
        check_answer(
            response_dict,
            json_body=json_bodies,
            streamed=operation_model.has_streaming_output,
            head=operation_model.http.get("method") == "HEAD",
        )

    client.meta.events.register(f"before-parse.{service}", before_parse)


def check_answer(
    response: Mapping[str, object], *, json_body: bool, streamed: bool, head: bool
) -> None:
    """Does nothing when the answer can be AWS's.

    Args:
        response: botocore's response dictionary: status_code, headers, body.
        json_body: A body, when there is one, has to be a JSON object.
        streamed: The body of a success is a stored object or a payload: its reader checks it.
        head: The answer has no body, and its headers describe a stored object.

    Raises:
        NotAnAnswer: It is HTML, of another length than it says, or not JSON.
    """
    headers, status, body = response["headers"], response["status_code"], response["body"]
    success = isinstance(status, int) and status < 300  # noqa: PLR2004 - botocore's own border
    if success and (streamed or head):
        return
    media_type = _header(headers, "content-type").partition(";")[0].strip().lower()
    if media_type in {"text/html", "application/xhtml+xml"}:
        raise NotAnAnswer(f"an HTML page with status {status}")
    if head or not isinstance(body, bytes):
        return
    length = _header(headers, "content-length")
    if length.isdecimal() and len(body) != int(length):
        raise NotAnAnswer(f"{len(body)} bytes instead of {int(length)}")
    if json_body and body:
        _check_json(body, status)


def _check_json(body: bytes, status: object) -> None:
    """Raises `NotAnAnswer` when the body is not a JSON object."""
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        raise NotAnAnswer(f"status {status} with a body that is not JSON") from None
    if not isinstance(parsed, dict):
        raise NotAnAnswer(f"status {status} with JSON that is not an object")


def _header(headers: object, name: str) -> str:
    """A header's value, "" when missing; botocore's headers are case-insensitive."""
    value = headers.get(name) if hasattr(headers, "get") else None
    return value.decode("latin-1") if isinstance(value, bytes) else str(value or "")
