"""A function that publishes to an MQTT topic whose messages start it.

Why: the rule's statement takes the new message too, each one starts the function again, and AWS's
recursive-loop detection does not follow AWS IoT.

Bad::

    import boto3

    def handler(event, context):
        topic = f"devices/{event['id']}/state"
        boto3.client("iot-data").publish(topic=topic, payload=b"{}")

    # file: template.yaml
    Resources:
      States:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Events:
            State: {Type: IoTRule, Properties: {Sql: "SELECT * FROM 'devices/+/state'"}}

Good::

    import boto3

    def handler(event, context):
        topic = f"devices/{event['id']}/command"
        boto3.client("iot-data").publish(topic=topic, payload=b"{}")

    # file: template.yaml
    Resources:
      States:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Events:
            State: {Type: IoTRule, Properties: {Sql: "SELECT * FROM 'devices/+/state'"}}

Source: https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-from.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import direct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-IOT"
FIX: Final = "Publish to a topic that the rule's FROM does not take, or exclude it by its WHERE"


def check(world: World) -> Iterator[Finding]:
    """The ways back over the message broker."""
    return direct(
        world, ID, "broker", message="publishes to a topic whose messages start it", fix=FIX
    )
