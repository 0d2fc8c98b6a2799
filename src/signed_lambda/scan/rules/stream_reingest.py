"""A function that puts records into the stream that it reads.

Why: each record that it puts starts it again, and AWS's recursive-loop detection does not see
Kinesis.

Bad::

    import boto3, os

    kinesis = boto3.client("kinesis")

    def handler(event, context):
        stream = os.environ["STREAM"]
        kinesis.put_record(StreamName=stream, Data=b"x", PartitionKey="a")

    # file: template.yaml
    Resources:
      Reader:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Environment: {Variables: {STREAM: !Ref Clicks}}
          Events:
            Click: {Type: Kinesis, Properties: {Stream: !GetAtt Clicks.Arn}}
      Clicks:
        Type: AWS::Kinesis::Stream

Good::

    import boto3, os

    kinesis = boto3.client("kinesis")

    def handler(event, context):
        kinesis.put_record(StreamName="other", Data=b"x", PartitionKey="a")

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import direct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-STREAM-REINGEST"
FIX: Final = "Put them into another stream, or count the rounds in the record"


def check(world: World) -> Iterator[Finding]:
    """The ways back that start there and pass no other function."""
    return direct(
        world,
        ID,
        "stream",
        "delivery",
        message="puts records into the stream that starts it",
        fix=FIX,
    )
