"""A function that publishes to the topic that starts it.

Why: each message that it publishes starts it again; AWS stops after about 16 rounds, and drops
the message.

Bad::

    import boto3

    sns = boto3.client("sns")

    def handler(event, context):
        topic = event["Records"][0]["Sns"]["TopicArn"]
        sns.publish(TopicArn=topic, Message="again")

Good::

    import boto3, os

    sns = boto3.client("sns")

    def handler(event, context):
        sns.publish(TopicArn=os.environ["RESULTS_TOPIC"], Message="done")

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import direct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-SNS"
FIX: Final = (
    "Publish to another topic, or exclude the new message by the subscription's filter policy"
)


def check(world: World) -> Iterator[Finding]:
    """The ways back that start there and pass no other function."""
    return direct(world, ID, "topic", message="publishes to the topic that starts it", fix=FIX)
