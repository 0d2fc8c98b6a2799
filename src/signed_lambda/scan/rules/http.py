"""A function that calls its own function URL or API over HTTP.

Why: each request starts it again, and AWS's recursive-loop detection does not follow HTTP; a
request that waits for the next one also holds all of them open.

Bad::

    import requests

    def handler(event, context):
        host = event["requestContext"]["domainName"]
        requests.post(f"https://{host}/jobs", json={"again": True})

    # file: template.yaml
    Resources:
      Jobs:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Events:
            Post: {Type: HttpApi, Properties: {Path: /jobs, Method: post}}

Good::

    import requests

    def handler(event, context):
        host = event["requestContext"]["domainName"]
        requests.post(f"https://{host}/audit", json={"done": True})

    # file: template.yaml
    Resources:
      Jobs:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Events:
            Post: {Type: HttpApi, Properties: {Path: /jobs, Method: post}}
      Audit:
        Type: AWS::Serverless::Function
        Properties:
          Handler: other.handler
          Events:
            Post: {Type: HttpApi, Properties: {Path: /audit, Method: post}}

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import direct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-HTTP"
FIX: Final = (
    "Do the work in the same run, or send a header that the function checks before it calls"
)


def check(world: World) -> Iterator[Finding]:
    """The ways back over an API or a function URL; another function's route is none."""
    return direct(world, ID, "api", message="calls its own address over HTTP", fix=FIX)
