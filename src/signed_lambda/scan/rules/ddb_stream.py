"""A function that writes to the table whose stream starts it.

Why: each item that it writes starts it again, and AWS's recursive-loop detection does not see
DynamoDB.

Bad::

    import boto3

    dynamodb = boto3.resource("dynamodb")

    def handler(event, context):
        name = event["Records"][0]["eventSourceARN"].split("/")[1]
        dynamodb.Table(name).put_item(Item={"id": "x"})

Good::

    import boto3

    dynamodb = boto3.resource("dynamodb")

    def handler(event, context):
        dynamodb.Table("totals").put_item(Item={"id": "x"})

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.Lambda.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import direct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-DDB-STREAM"
FIX: Final = (
    "Write to another table, or filter the event source so that the function's own writes do not"
    " start it"
)


def check(world: World) -> Iterator[Finding]:
    """The ways back that start there and pass no other function."""
    message = "writes to the table whose stream starts it"
    return direct(world, ID, "table", message=message, fix=FIX)
