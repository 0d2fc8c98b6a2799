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
        client: Of botocore.
        service: As botocore's events name it ("lambda").
        json_bodies: Whether the service answers in JSON (else in XML).
    """

    def before_parse(
        operation_model: OperationModel, response_dict: Mapping[str, object], **_: object
    ) -> None:
        check_answer(
            response_dict,
            json_body=json_bodies,
            streamed=operation_model.has_streaming_output,
            text=_is_text(operation_model),
            head=operation_model.http.get("method") == "HEAD",
        )

    client.meta.events.register(f"before-parse.{service}", before_parse)


def check_answer(
    response: Mapping[str, object],
    *,
    json_body: bool,
    streamed: bool,
    head: bool,
    text: bool = False,
) -> None:
    """Does nothing when the answer can be AWS's.

    Args:
        response: botocore's response dictionary: status_code, headers, body.
        json_body: A body, when there is one, has to be a JSON object.
        streamed: The body of a success is a stored object or a payload: its reader checks it.
        head: The answer has no body, and its headers describe a stored object.
        text: The body of a success is one member's text (a bucket's policy): its reader checks it.

    Raises:
        NotAnAnswer: It is HTML, of another length than it says, or not JSON. The status it names
            is botocore's: a 200 of S3 that is not XML was made a 500 before.
    """
    headers, body = response["headers"], response["body"]
    status = response["status_code"]
    assert isinstance(status, int)
    if status < 300 and (streamed or head):  # noqa: PLR2004 - botocore's own border of success
        return
    told = text and status < 300  # noqa: PLR2004 - as above
    wrong = _wrong(headers, body, json_body=json_body, head=head, text=told)
    if wrong:
        raise NotAnAnswer(f"status {status} with {wrong}")


def _wrong(headers: object, body: object, *, json_body: bool, head: bool, text: bool) -> str:
    """What shows that an answer is not the service's own; "" when nothing does."""
    media_type = _header(headers, "content-type").partition(";")[0].strip().lower()
    if media_type in {"text/html", "application/xhtml+xml"}:
        return "an HTML page"
    if head or not isinstance(body, bytes):
        return ""
    length = _header(headers, "content-length")
    if length.isdecimal() and len(body) != int(length):
        return f"{len(body)} bytes instead of {int(length)}"
    if not body or text:
        return ""
    return _not_json(body) if json_body else _not_xml(body)


def _is_text(operation: OperationModel) -> bool:
    """Whether a success is one text, and no structure.

    Source: botocore model s3 2006-03-01, GetBucketPolicyOutput (payload Policy, a string).
    """
    shape = operation.output_shape
    if shape is None or "payload" not in shape.serialization:
        return False
    return shape.members[shape.serialization["payload"]].type_name == "string"


def _not_json(body: bytes) -> str:
    """Lambda and Signer answer with JSON objects."""
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        return "a body that is not JSON"
    return "" if isinstance(parsed, dict) else "JSON that is not an object"


def _not_xml(body: bytes) -> str:
    """S3 and STS answer with XML, whose form botocore's parser checks."""
    return "" if body.lstrip().startswith(b"<") else "a body that is not XML"


def _header(headers: object, name: str) -> str:
    """A header's value, "" when missing; botocore's headers are case-insensitive."""
    value = headers.get(name) if hasattr(headers, "get") else None
    return value.decode("latin-1") if isinstance(value, bytes) else str(value or "")
