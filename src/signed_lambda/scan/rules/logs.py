"""A function that is started by its own log, or a subscription that takes every log group's.

Why: each line that it logs starts it again, and AWS's recursive-loop detection does not see logs.

Bad::

    def handler(event, context):
        print(event)

    # file: template.yaml
    Resources:
      Ship:
        Type: AWS::Serverless::Function
        Properties: {FunctionName: ship, Handler: app.handler}
      Filter:
        Type: AWS::Logs::SubscriptionFilter
        Properties:
          LogGroupName: /aws/lambda/ship
          FilterPattern: ""
          DestinationArn: !GetAtt Ship.Arn

Good::

    def handler(event, context):
        print(event)

    # file: template.yaml
    Resources:
      Ship:
        Type: AWS::Serverless::Function
        Properties: {FunctionName: ship, Handler: app.handler}
      Filter:
        Type: AWS::Logs::SubscriptionFilter
        Properties:
          LogGroupName: /aws/lambda/orders
          FilterPattern: ""
          DestinationArn: !GetAtt Ship.Arn

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Subscriptions-recursion-prevention.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import declared
from signed_lambda.scan.values import Str
from signed_lambda.scan.world import Loop, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-LOGS"
FIX: Final = "Exclude the function's own log group, by a filter or by `selectionCriteria`"


def check(world: World) -> Iterator[Finding]:
    """Subscriptions to the own log group, and account-wide ones without a fixed selection."""
    yield from declared(world, ID, "log", message="is started by its own log", fix=FIX)
    for sink in world.sinks_of("logs"):
        fixed = [k.literal for k in sink.keys if isinstance(k, Str)]
        if not fixed or None in fixed:
            yield finding(
                world,
                Loop(
                    rule=ID,
                    message="subscribes every log group of the account, unless a selection says no",
                    sink=sink,
                    cycle=("log group of the processor", "subscription", "processor"),
                    evidence=("selectionCriteria is not a fixed text",),
                    fix=FIX,
                    certainty="ask",
                    kinds=("logs",),
                ),
            )
