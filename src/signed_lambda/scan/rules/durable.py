"""A durable function that invokes itself through its durable context.

Why: each execution starts another execution, each of which may run for a year.

Bad::

    from aws_durable_execution_sdk_python import durable_execution

    @durable_execution
    def handler(event, context):
        context.invoke(context.lambda_context.function_name, event)

Good::

    from aws_durable_execution_sdk_python import durable_execution

    @durable_execution
    def handler(event, context):
        context.invoke("another-function:1", event)

Source: https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from signed_lambda.scan.own import How
from signed_lambda.scan.selfcall import self_calls
from signed_lambda.scan.through import by_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-DURABLE"
EVIDENCE: Final = "that is the name of the running function"


def check(world: World) -> Iterator[Finding]:
    """The calls of the context's `invoke` that name the function, in any way."""
    words = "through its durable context"
    for how in get_args(How):
        yield from self_calls(world, ID, how, words, EVIDENCE, service="durable")
    message = f"invokes its own function ({words})"
    yield from by_name(world, ID, "", "environment", message=message, service="durable")
