"""A custom resource that invokes itself by its service token.

Why: the service token is the ARN of the function itself; while the resource is not ready, each run
starts another run.

Bad::

    import boto3

    def handler(event, context):
        boto3.client("lambda").invoke(FunctionName=event["ServiceToken"])

Good::

    import boto3, os

    def handler(event, context):
        boto3.client("lambda").invoke(FunctionName=os.environ["WAITER"])

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.selfcall import self_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-SELF-SERVICETOKEN"
EVIDENCE: Final = "ServiceToken of a custom resource's event is the ARN of the running function"


def check(world: World) -> Iterator[Finding]:
    """The calls of Invoke whose FunctionName comes from there."""
    return self_calls(world, ID, "service-token", "by the event's ServiceToken", EVIDENCE)
