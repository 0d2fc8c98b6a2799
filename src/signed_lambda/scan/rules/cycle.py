"""Functions that start each other in a circle.

Why: a run of one starts a run of the next until the first one runs again; each file looks harmless.

Bad::

    import boto3, os

    def handler(event, context):
        boto3.client("lambda").invoke(FunctionName=os.environ["CHECK"])

    def check(event, context):
        boto3.client("sqs").send_message(QueueUrl=os.environ["JOBS"], MessageBody="again")

    # file: template.yaml
    Resources:
      Work:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Environment: {Variables: {CHECK: !Ref Check}}
          Events:
            Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}
      Check:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.check
          Environment: {Variables: {JOBS: !Ref Jobs}}
      Jobs:
        Type: AWS::SQS::Queue

Good::

    import boto3, os

    def handler(event, context):
        boto3.client("lambda").invoke(FunctionName=os.environ["CHECK"])

    def check(event, context):
        return "done"

    # file: template.yaml
    Resources:
      Work:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Environment: {Variables: {CHECK: !Ref Check}}
          Events:
            Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}
      Check:
        Type: AWS::Serverless::Function
        Properties: {Handler: app.check}
      Jobs:
        Type: AWS::SQS::Queue

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import circles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-CYCLE"
FIX: Final = "Break the circle at one edge, or carry a counter through it and stop at a maximum"


def check(world: World) -> Iterator[Finding]:
    """The ways back through another function."""
    return circles(world, ID, redrive=False, message="is started again by what it starts", fix=FIX)
