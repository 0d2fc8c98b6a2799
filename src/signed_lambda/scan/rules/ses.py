"""A function that sends mail to an address whose mail starts it.

Why: the receipt rule takes the new mail too, each one starts the function again, and AWS's
recursive-loop detection does not follow Amazon SES.

Bad::

    import boto3

    def handler(event, context):
        boto3.client("ses").send_email(
            Source="desk@shop.example",
            Destination={"ToAddresses": ["tickets@shop.example"]},
            Message={},
        )

    # file: template.yaml
    Resources:
      Tickets:
        Type: AWS::Serverless::Function
        Properties: {Handler: app.handler}
      Receive:
        Type: AWS::SES::ReceiptRule
        Properties:
          RuleSetName: mail
          Rule:
            Enabled: true
            Recipients: [tickets@shop.example]
            Actions: [{LambdaAction: {FunctionArn: !GetAtt Tickets.Arn}}]

Good::

    import boto3

    def handler(event, context):
        boto3.client("ses").send_email(
            Source="desk@shop.example",
            Destination={"ToAddresses": ["staff@office.example"]},
            Message={},
        )

    # file: template.yaml
    Resources:
      Tickets:
        Type: AWS::Serverless::Function
        Properties: {Handler: app.handler}
      Receive:
        Type: AWS::SES::ReceiptRule
        Properties:
          RuleSetName: mail
          Rule:
            Enabled: true
            Recipients: [tickets@shop.example]
            Actions: [{LambdaAction: {FunctionArn: !GetAtt Tickets.Arn}}]

Source: https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import direct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-SES"
FIX: Final = "Send from a domain that no receipt rule takes, and never answer an automatic mail"


def check(world: World) -> Iterator[Finding]:
    """The ways back over mail; to whom an answer goes is asked, not decided."""
    return direct(world, ID, "mail", message="sends mail to an address that starts it", fix=FIX)
