"""Calls of Lambda's Invoke in Python, and what is known of the name that they invoke."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from signed_lambda.report.model import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from signed_lambda.scan.source import PythonSource

INVOKES: Final = frozenset({"invoke", "invoke_async"})
OWN_NAME: Final = "AWS_LAMBDA_FUNCTION_NAME"
DEPTH: Final = 8
"""Assignments that are followed from the sink to the value."""
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


def values(source: PythonSource, expression: ast.expr, depth: int = DEPTH) -> Iterator[ast.expr]:
    """The expressions that a name may stand for: itself, and what was assigned to it."""
    yield expression
    if depth == 0:
        return
    if isinstance(expression, ast.Name):
        for assigned in _assigned(source, expression):
            yield from values(source, assigned, depth - 1)
    elif isinstance(expression, ast.IfExp):
        yield from values(source, expression.body, depth - 1)
        yield from values(source, expression.orelse, depth - 1)
    elif isinstance(expression, ast.BoolOp):
        for part in expression.values:
            yield from values(source, part, depth - 1)


def _assigned(source: PythonSource, name: ast.Name) -> Iterator[ast.expr]:
    scopes = [*source.enclosing(name), source.tree]
    functions = [s for s in scopes if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef)]
    for scope in [*functions, source.tree]:
        found = [
            node.value
            for node in ast.walk(scope)
            if isinstance(node, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == name.id for t in node.targets)
        ]
        if found:
            yield from found
            return


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
    function = next((n.name for n in source.enclosing(call) if isinstance(n, ast.FunctionDef)), "")
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
            return ast.unparse(node.test)[:120]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return _early_return(node, inner)
        inner = node
    return None


def _early_return(function: ast.FunctionDef | ast.AsyncFunctionDef, at: ast.AST) -> str | None:
    """`if counter >= 3: return` as a statement of the function before the call."""
    for statement in function.body:
        if statement is at:
            return None
        if isinstance(statement, ast.If) and _compares(statement.test):
            last = statement.body[-1]
            if isinstance(last, ast.Return | ast.Raise):
                return ast.unparse(statement.test)[:120]
    return None


def _compares(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Compare) for node in ast.walk(test))


def is_own(
    source: PythonSource, name: ast.expr, test: Callable[[ast.expr], bool]
) -> ast.expr | None:
    """The first expression behind a name that passes the test."""
    return next((value for value in values(source, name) if test(value)), None)
