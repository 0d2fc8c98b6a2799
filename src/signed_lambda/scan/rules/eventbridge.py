"""A function that puts events on the bus whose events start it.

Why: when the rule's pattern matches them, each event starts it again, and AWS's recursive-loop
detection does not see EventBridge. A call of AWS that a rule on CloudTrail's records asks for
(`CreateTags`) is such an event, too.

Bad::

    import boto3

    def handler(event, context):
        entry = {"EventBusName": "orders", "Source": "shop", "DetailType": "x", "Detail": "{}"}
        boto3.client("events").put_events(Entries=[entry])

    # file: template.yaml
    Resources:
      Work:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Events:
            Any:
              Type: EventBridgeRule
              Properties: {EventBusName: orders, Pattern: {source: [shop]}}

Good::

    import boto3

    def handler(event, context):
        entry = {"EventBusName": "audit", "Source": "shop", "DetailType": "x", "Detail": "{}"}
        boto3.client("events").put_events(Entries=[entry])

    # file: template.yaml
    Resources:
      Work:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Events:
            Any:
              Type: EventBridgeRule
              Properties: {EventBusName: orders, Pattern: {source: [shop]}}

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import direct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-EVENTBRIDGE"
FIX: Final = "Give the event a source or detail-type that the rule's pattern does not match"


def check(world: World) -> Iterator[Finding]:
    """The ways back over a bus; whether the pattern matches is asked, not decided."""
    return direct(world, ID, "bus", message="puts events on the bus that starts it", fix=FIX)
