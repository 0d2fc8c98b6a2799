"""A function that invokes itself by its own invoked_function_arn.

Why: each run starts another run; cost and concurrency grow until somebody notices.

Bad::

    import os

    def handler(event, context):
        client.invoke(FunctionName=context.invoked_function_arn)

Good::

    def handler(event, context):
        client.invoke(FunctionName="another-function")

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.selfcall import self_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-SELF-ARN"
EVIDENCE: Final = "context.invoked_function_arn is the ARN of the running function"


def check(world: World) -> Iterator[Finding]:
    """The calls of Invoke whose FunctionName comes from there."""
    return self_calls(world, ID, "arn", "by context.invoked_function_arn", EVIDENCE)
