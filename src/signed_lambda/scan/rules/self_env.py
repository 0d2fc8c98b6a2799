"""A function that invokes itself by the function name in its own environment.

Why: each run starts another run; cost and concurrency grow until somebody notices.

Bad::

    import os

    def handler(event, context):
        client.invoke(FunctionName=os.environ["AWS_LAMBDA_FUNCTION_NAME"])

Good::

    def handler(event, context):
        client.invoke(FunctionName="another-function")

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from signed_lambda.scan.selfcall import OWN_NAME, finding, invocations, is_own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.source import PythonSource

ID: Final = "REC-SELF-ENV"
EVIDENCE: Final = "AWS_LAMBDA_FUNCTION_NAME is set by Lambda to the name of the running function"


def check(source: PythonSource) -> Iterator[Finding]:
    """The calls of Invoke whose FunctionName comes from there."""
    for call, name in invocations(source):
        if is_own(source, name, _is_own_name) is not None:
            yield finding(
                source, call, rule=ID, evidence=EVIDENCE, how="by AWS_LAMBDA_FUNCTION_NAME"
            )


def _is_own_name(value: ast.expr) -> bool:
    return _reads_own_name(value)


def _reads_own_name(value: ast.expr) -> bool:
    """`os.environ[NAME]`, `os.environ.get(NAME)`, `os.getenv(NAME)`, `environ[NAME]`."""
    if isinstance(value, ast.Subscript):
        return _is_environ(value.value) and _is_constant(value.slice)
    if isinstance(value, ast.Call) and value.args and _is_constant(value.args[0]):
        called = value.func
        if isinstance(called, ast.Attribute):
            return called.attr == "getenv" or (called.attr == "get" and _is_environ(called.value))
        return isinstance(called, ast.Name) and called.id == "getenv"
    return False


def _is_environ(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return bool(name == "environ")


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == OWN_NAME
