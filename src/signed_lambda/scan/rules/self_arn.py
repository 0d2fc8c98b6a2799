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

import ast
from typing import TYPE_CHECKING, Final

from signed_lambda.scan.selfcall import finding, invocations, is_own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.source import PythonSource

ID: Final = "REC-SELF-ARN"
EVIDENCE: Final = "context.invoked_function_arn is the ARN of the running function"


def check(source: PythonSource) -> Iterator[Finding]:
    """The calls of Invoke whose FunctionName comes from there."""
    for call, name in invocations(source):
        if is_own(source, name, _is_own_name) is not None:
            yield finding(
                source, call, rule=ID, evidence=EVIDENCE, how="by context.invoked_function_arn"
            )


def _is_own_name(value: ast.expr) -> bool:
    return isinstance(value, ast.Attribute) and value.attr == "invoked_function_arn"
