"""A function that sends to the queue that it reads.

Why: each message that it sends starts it again; AWS stops after about 16 rounds, and drops the
message.

Bad::

    import boto3, os

    sqs = boto3.client("sqs")

    def handler(event, context):
        sqs.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody="again")

    # file: template.yaml
    Resources:
      Worker:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Environment: {Variables: {QUEUE_URL: !Ref Jobs}}
          Events:
            Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}
      Jobs:
        Type: AWS::SQS::Queue

Good::

    import boto3, os

    sqs = boto3.client("sqs")

    def handler(event, context):
        sqs.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody="done")

    # file: template.yaml
    Resources:
      Worker:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Environment: {Variables: {QUEUE_URL: !Ref Results}}
          Events:
            Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}
      Jobs:
        Type: AWS::SQS::Queue
      Results:
        Type: AWS::SQS::Queue

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import direct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-SQS"
FIX: Final = "Send to another queue, or count the rounds in the message and stop at a maximum"


def check(world: World) -> Iterator[Finding]:
    """The ways back that start there and pass no other function."""
    return direct(world, ID, "queue", message="sends to the queue that starts it", fix=FIX)
