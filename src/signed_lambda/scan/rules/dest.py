"""A function whose failures or results are sent to what starts it.

Why: an event that fails comes back as a new event and fails again; no code shows it.

Bad::

    def handler(event, context):
        return "done"

    # file: template.yaml
    Resources:
      Work:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Jobs.Arn}
          Events:
            Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}
      Jobs:
        Type: AWS::SQS::Queue

Good::

    def handler(event, context):
        return "done"

    # file: template.yaml
    Resources:
      Work:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Failed.Arn}
          Events:
            Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}
      Jobs:
        Type: AWS::SQS::Queue
      Failed:
        Type: AWS::SQS::Queue

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import declared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-DEST"
FIX: Final = "Send them to a queue or topic that nothing of this circle reads"


def check(world: World) -> Iterator[Finding]:
    """The ways back that start with a destination or dead-letter queue."""
    message = "its failures or results are sent to what starts it"
    return declared(world, ID, "destination", message=message, fix=FIX)
