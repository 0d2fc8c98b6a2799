"""How the CDK spells things, in both of its languages. Pure: imports `form` and `values`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from signed_lambda.scan.form import Call, Table, Text
from signed_lambda.scan.values import Lit

if TYPE_CHECKING:
    from signed_lambda.scan.form import Expr
    from signed_lambda.scan.values import Str

EVENTS: Final = {
    "OBJECT_CREATED": "s3:ObjectCreated:*",
    "OBJECT_CREATED_PUT": "s3:ObjectCreated:Put",
    "OBJECT_CREATED_COPY": "s3:ObjectCreated:Copy",
    "OBJECT_CREATED_POST": "s3:ObjectCreated:Post",
    "OBJECT_CREATED_COMPLETE_MULTIPART_UPLOAD": "s3:ObjectCreated:CompleteMultipartUpload",
    "OBJECT_REMOVED": "s3:ObjectRemoved:*",
    "OBJECT_REMOVED_DELETE": "s3:ObjectRemoved:Delete",
    "OBJECT_TAGGING": "s3:ObjectTagging:*",
}
DESTINATIONS: Final = {
    "LambdaDestination": "function",
    "SqsDestination": "queue",
    "SnsDestination": "topic",
}
"""What a bucket or the outcome of a function is sent to."""
ATTRIBUTES: Final = frozenset(
    {
        *("queueUrl", "queueArn", "queueName", "topicArn", "topicName", "bucketName", "bucketArn"),
        *("functionName", "functionArn", "tableName", "tableArn", "streamArn", "streamName"),
        *("stateMachineArn", "eventBusName", "tableStreamArn", "queue_url", "queue_arn"),
        *("queue_name", "topic_arn", "bucket_name", "function_name", "function_arn", "table_name"),
    }
)


def pairs_of(expr: Expr) -> list[tuple[str, Expr]]:
    """The named members of a table, or of the tables that a call is given."""
    if isinstance(expr, Table):
        return [(k.text, v) for k, v in expr.items if isinstance(k, Text)]
    if isinstance(expr, Call):
        own = [(k, v) for k, v in expr.named if k is not None]
        return own + [pair for arg in expr.args for pair in pairs_of(arg) if isinstance(arg, Table)]
    return []


def tail_of(value: Str) -> str:
    """A path without what only the run knows in front of it (`__dirname`)."""
    last = value.atoms[-1] if value.atoms else None
    text = last.text if isinstance(last, Lit) else ""
    return re.sub(r"^(\.{0,2}/)+", "", text)


def plain(name: str) -> str:
    """Letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def snake(name: str) -> str:
    """`queue_url` of `queueUrl`."""
    return re.sub(r"([A-Z])", lambda m: f"_{m[1].lower()}", name)


def camel(name: str) -> str:
    """`queueUrl` of `queue_url`."""
    return re.sub(r"_([a-z])", lambda m: m[1].upper(), name)


def plain_key(name: str) -> str:
    """`detail-type` of `detailType` and of `detail_type`: a member of an event's pattern."""
    return snake(name).replace("_", "-")
