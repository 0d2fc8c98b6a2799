"""A state machine that starts itself, alone or through a function that it runs.

Why: each execution starts another one, and AWS's recursive-loop detection does not see it.

Bad::

    import boto3, os

    def handler(event, context):
        boto3.client("stepfunctions").start_execution(stateMachineArn=os.environ["FLOW"])

    # file: template.yaml
    Resources:
      Step:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Environment: {Variables: {FLOW: !Ref Flow}}
      Flow:
        Type: AWS::Serverless::StateMachine
        Properties:
          Definition:
            StartAt: Work
            States:
              Work: {Type: Task, Resource: !GetAtt Step.Arn, End: true}

Good::

    import boto3, os

    def handler(event, context):
        return "done"

    # file: template.yaml
    Resources:
      Step:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Environment: {Variables: {FLOW: !Ref Flow}}
      Flow:
        Type: AWS::Serverless::StateMachine
        Properties:
          Definition:
            StartAt: Work
            States:
              Work: {Type: Task, Resource: !GetAtt Step.Arn, End: true}

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-nested-workflows.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import declared, direct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-SFN"
FIX: Final = "Loop inside one execution, with a choice that counts, instead of starting a new one"


def check(world: World) -> Iterator[Finding]:
    """Executions that are started again, by code or by the definition itself."""
    message = "starts the state machine that it is a part of"
    yield from direct(world, ID, "machine", message=message, fix=FIX)
    yield from declared(world, ID, "start", message="starts its own state machine", fix=FIX)
