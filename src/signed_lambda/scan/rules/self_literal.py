"""A function that invokes itself by its name, written in the code.

Why: each run starts another run; cost and concurrency grow until somebody notices.

Bad::

    import boto3

    def handler(event, context):
        boto3.client("lambda").invoke(FunctionName="resize-prod")

    # file: template.yaml
    Resources:
      Resize:
        Type: AWS::Serverless::Function
        Properties: {FunctionName: resize-prod, Handler: app.handler}

Good::

    import boto3

    def handler(event, context):
        boto3.client("lambda").invoke(FunctionName="resize-prod-worker")

    # file: template.yaml
    Resources:
      Resize:
        Type: AWS::Serverless::Function
        Properties: {FunctionName: resize-prod, Handler: app.handler}

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import by_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-SELF-LITERAL"


def check(world: World) -> Iterator[Finding]:
    """The calls of Invoke that lead straight back."""
    return by_name(
        world, ID, "", message="invokes its own function (by its name, written in the code)"
    )
