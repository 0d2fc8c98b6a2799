"""An environment variable that Lambda keeps for itself and that code or template sets.

Why: Lambda refuses a function whose configuration has one; set in the code, the SDK and the runtime
of this environment read the wrong region, name or credentials until it ends.

Bad::

    import os

    def handler(event, context):
        os.environ["AWS_REGION"] = event["region"]

Good::

    import boto3

    def handler(event, context):
        return boto3.client("sqs", region_name=event["region"]).list_queues()

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
Source: https://docs.aws.amazon.com/codeguru/detector-library/python/lambda-override-reserved/
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.report.model import Finding
from signed_lambda.scan.handled import found_at
from signed_lambda.scan.names import words
from signed_lambda.scan.python_files import last_part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.scan.python_files import PythonFile
    from signed_lambda.scan.world import World

ID: Final = "LAM-RESERVED-ENV"
FIX: Final = "Give the variable another name, or pass the value to the client (`region_name=`)"
RESERVED: Final = words(
    "_HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV"
    " AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION"
    " AWS_LAMBDA_INITIALIZATION_TYPE AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME"
    " AWS_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN"
    " AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR"
)
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
_WORDS: Final = regex(r"\b(environ|putenv)\b")


def check(world: World) -> Iterator[Finding]:
    """Variables that templates give to functions, and that files with a handler set."""
    for function in world.functions:
        for name in sorted(RESERVED & function.env.keys()):
            place = function.place
            yield Finding(
                rule=ID,
                severity="medium",
                certainty="certain",
                path=place.path,
                line=max(place.line, 1),
                end_line=max(place.line, 1),
                function=function.label,
                message=f"The template sets `{name}` for {function.label}; Lambda refuses that",
                cycle=(),
                evidence=(str(place),),
                guard=None,
                aws_stops=None,
                fix=FIX,
            )
    handling = {handler.module for handler in world.handlers}
    for file in world.python.with_words(_WORDS):
        if file.module in handling:
            yield from _in_code(file)


def _in_code(file: PythonFile) -> Iterator[Finding]:
    for node in ast.walk(file.tree):
        for name in _sets(node):
            if (
                name in RESERVED
                and isinstance(node, ast.stmt | ast.expr)
                and not _is_script(node, file)
            ):
                function = file.function(node)
                yield found_at(
                    ID,
                    file.module,
                    node.lineno,
                    severity="low",
                    function=function.name if function else "",
                    message=f"`{name}` is set, which Lambda keeps for itself",
                    fix=FIX,
                )


def _sets(node: ast.AST) -> Iterator[str]:
    """The names of variables that a statement or call sets."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Subscript) and last_part(target.value) == "environ":
                yield from _texts(target.slice)
    if not isinstance(node, ast.Call):
        return
    name = last_part(node.func)
    if name == "putenv" and node.args:
        yield from _texts(node.args[0])
    of = node.func.value if isinstance(node.func, ast.Attribute) else None
    if name == "update" and of is not None and last_part(of) == "environ":
        yield from (k.arg for k in node.keywords if k.arg)
        for arg in node.args:
            for key in arg.keys if isinstance(arg, ast.Dict) else ():
                if key is not None:
                    yield from _texts(key)


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _is_script(node: ast.AST, file: PythonFile) -> bool:
    """Whether it stands under `if __name__ == "__main__"`: Lambda does not run that."""
    tests = (a.test for a in file.above(node) if isinstance(a, ast.If))
    return any("__name__" in ast.unparse(test) for test in tests)
