"""A function that puts messages from a dead-letter queue back into the queue that they came from.

Why: a message that fails for good goes round for ever: queue, dead-letter queue, queue.

Bad::

    import boto3, os

    def handler(event, context):
        boto3.client("sqs").send_message(QueueUrl=os.environ["JOBS"], MessageBody="again")

    # file: template.yaml
    Resources:
      Replay:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Environment: {Variables: {JOBS: !Ref Jobs}}
          Events:
            Dead: {Type: SQS, Properties: {Queue: !GetAtt Dead.Arn}}
      Jobs:
        Type: AWS::SQS::Queue
        Properties:
          RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
      Dead:
        Type: AWS::SQS::Queue

Good::

    import boto3, os

    def handler(event, context):
        boto3.client("sqs").send_message(QueueUrl=os.environ["PARKED"], MessageBody="again")

    # file: template.yaml
    Resources:
      Replay:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Environment: {Variables: {PARKED: !Ref Parked}}
          Events:
            Dead: {Type: SQS, Properties: {Queue: !GetAtt Dead.Arn}}
      Jobs:
        Type: AWS::SQS::Queue
        Properties:
          RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
      Dead:
        Type: AWS::SQS::Queue
      Parked:
        Type: AWS::SQS::Queue

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import circles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-CYCLE-REDRIVE"
FIX: Final = "Count the attempts in an attribute of the message and park it after a maximum"


def check(world: World) -> Iterator[Finding]:
    """The ways back through a dead-letter queue."""
    message = "puts messages back into the queue whose failures start it"
    return circles(world, ID, redrive=True, message=message, fix=FIX)
