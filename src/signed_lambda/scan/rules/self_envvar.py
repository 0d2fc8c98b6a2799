"""A function that invokes itself by a name that its template gives it.

Why: each run starts another run; cost and concurrency grow until somebody notices.

Bad::

    import boto3, os

    def handler(event, context):
        boto3.client("lambda").invoke(FunctionName=os.environ["NEXT"])

    # file: serverless.yml
    service: shop
    provider:
      name: aws
      stage: ${opt:stage, 'dev'}
    functions:
      resize:
        handler: app.handler
        environment:
          NEXT: ${self:service}-${self:provider.stage}-resize

Good::

    import boto3, os

    def handler(event, context):
        boto3.client("lambda").invoke(FunctionName=os.environ["NEXT"])

    # file: serverless.yml
    service: shop
    provider:
      name: aws
      stage: ${opt:stage, 'dev'}
    functions:
      resize:
        handler: app.handler
        environment:
          NEXT: ${self:service}-${self:provider.stage}-publish

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import by_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-SELF-ENVVAR-IAC"


def check(world: World) -> Iterator[Finding]:
    """The calls of Invoke that lead straight back."""
    return by_name(
        world,
        ID,
        "environment",
        message="invokes its own function (by an environment variable that holds its name)",
    )
