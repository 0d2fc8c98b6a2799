"""Calls of Lambda's Invoke in Python, and what is known of the name that they invoke."""

from __future__ import annotations

import ast
from collections import deque
from typing import TYPE_CHECKING, Final

from signed_lambda.report.model import Finding
from signed_lambda.scan.source import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from signed_lambda.scan.source import PythonSource

INVOKES: Final = frozenset({"invoke", "invoke_async"})
OWN_NAME: Final = "AWS_LAMBDA_FUNCTION_NAME"
FOLLOWED: Final = 64
"""Names that are followed from the sink to the value."""
AWS_STOPS: Final = (
    "AWS stops the loop after about 16 calls where the SDK passes its tracing header; the calls"
    " until then are made and paid"
)
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"""


def invocations(source: PythonSource) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Each call `x.invoke(FunctionName=name)` with the expression of the name."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = next((k.value for k in node.keywords if k.arg == "FunctionName"), None)
            if node.func.attr in INVOKES and name is not None:
                yield node, name


def values(source: PythonSource, expression: ast.expr) -> Iterator[ast.expr]:
    """The expressions that a name may stand for: itself, and what was assigned to it.

    Each name of a scope is followed once, and at most `FOLLOWED` names: a file that assigns in
    circles, or in very long chains, costs no more than another.
    """
    waiting, followed = deque([expression]), set[tuple[ast.AST, str]]()
    while waiting:
        value = waiting.popleft()
        yield value
        if isinstance(value, ast.Name):
            where = source.assigning_scope(value)
            if where is not None and where not in followed and len(followed) < FOLLOWED:
                followed.add(where)
                waiting.extend(source.assigned[where])
        elif isinstance(value, ast.IfExp):
            waiting.extend((value.body, value.orelse))
        elif isinstance(value, ast.BoolOp):
            waiting.extend(value.values)


def finding(source: PythonSource, call: ast.Call, *, rule: str, evidence: str, how: str) -> Finding:
    """The finding for a call that invokes its own function.

    Args:
        source: The file.
        call: The sink.
        rule: Its id.
        evidence: Where the own name comes from.
        how: "by context.function_name", for the sentence.
    """
    guard = guarding_test(source, call)
    function = next((n.name for n in source.enclosing(call) if isinstance(n, FUNCTIONS)), "")
    line = call.lineno
    text = source.lines[line - 1].strip()[:160] if line <= len(source.lines) else ""
    name = source.function_name or "this function"
    return Finding(
        rule=rule,
        severity="low" if guard else "high",
        certainty="certain",
        path=source.path,
        line=line,
        end_line=call.end_lineno or line,
        function=function,
        message=f"invokes its own function ({how})",
        cycle=(name, name),
        evidence=(f"{source.path}:{line} {text}", evidence),
        guard=guard,
        aws_stops=AWS_STOPS,
        fix="Invoke another function, or count the calls in the payload and stop at a maximum",
        allowed=source.allowed(rule, line),
    )


def guarding_test(source: PythonSource, call: ast.Call) -> str | None:
    """The condition before the call that compares something of the payload, as written.

    A bare `if event:` guards nothing: only a comparison with a bound or a marker counts.
    """
    inner: ast.AST = call
    for node in source.enclosing(call):
        if isinstance(node, ast.If) and inner in node.body and _compares(node.test):
            return _written(node.test)
        if isinstance(node, FUNCTIONS):
            return _early_return(node, inner)
        inner = node
    return None


def _early_return(function: ast.FunctionDef | ast.AsyncFunctionDef, at: ast.AST) -> str | None:
    """`if counter >= 3: return` as a statement of the function before the call."""
    if at not in function.body:
        return None  # a decorator or a default: it runs before the body
    for statement in function.body[: function.body.index(at)]:
        if isinstance(statement, ast.If) and _compares(statement.test):
            last = statement.body[-1]
            if isinstance(last, ast.Return | ast.Raise):
                return _written(statement.test)
    return None


def _written(test: ast.expr) -> str:
    try:
        return ast.unparse(test)[:120]
    except RecursionError:
        return f"the condition in line {test.lineno}"


def _compares(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Compare) for node in ast.walk(test))


def is_own(
    source: PythonSource, name: ast.expr, test: Callable[[ast.expr], bool]
) -> ast.expr | None:
    """The first expression behind a name that passes the test."""
    return next((value for value in values(source, name) if test(value)), None)
