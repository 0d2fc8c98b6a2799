"""A loop that asks again and again, and sleeps in between, where boto3 has a waiter.

Why: a waiter knows which states end the wait and which never will, and gives up after a number of
tries; a loop that does not is ended by the function's timeout, and all of it is paid.

Bad::

    import time

    import boto3

    ec2 = boto3.client("ec2")

    def handler(event, context):
        while True:
            found = ec2.describe_volumes(VolumeIds=[event["volume"]])
            if found["Volumes"][0]["State"] == "available":
                break
            time.sleep(5)

Good::

    import boto3

    ec2 = boto3.client("ec2")

    def handler(event, context):
        ec2.get_waiter("volume_available").wait(VolumeIds=[event["volume"]])

Source: https://docs.aws.amazon.com/codeguru/detector-library/python/aws-polling-instead-of-waiter/
Source: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/clients.html#waiters
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.handled import found_at
from signed_lambda.scan.python_files import Loop, last_part
from signed_lambda.scan.waiters import WAITERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.program import Program
    from signed_lambda.scan.python_files import PythonFile
    from signed_lambda.scan.world import World

ID: Final = "LAM-POLLING"
FIX: Final = "Use the waiter of the client (`client.get_waiter(...)`)"
_WORDS: Final = regex(r"\bsleep\s*\(")
_PAGES: Final = regex(r"(?i)token|marker|paginat|\bnext")
_COUNTS: Final = frozenset({"range", "count", "repeat"})
_LEAVES: Final = (ast.Break, ast.Return, ast.Raise)


def check(world: World) -> Iterator[Finding]:
    """The calls of such loops that a waiter would make."""
    for file in world.python.with_words(_WORDS):
        for call in file.calls:
            name = last_part(call.func)
            loop = file.loop(call)
            service = _service(call, file, world.program)
            if loop is None or not service or not _polls(call, loop, file):
                continue
            function = file.function(call)
            yield found_at(
                ID,
                file.module,
                call.lineno,
                end_line=call.end_lineno or call.lineno,
                severity="low",
                function=function.name if function else "",
                message=f"A loop asks `{name}` of {service} again and again, and sleeps in between",
                fix=FIX,
            )


def _service(call: ast.Call, file: PythonFile, program: Program) -> str:
    """The service whose waiter makes this call, "" for none or when it is not known which.

    A client that is not known is taken for one when a single service has such a call, and the
    program has no method of that name itself.
    """
    if not isinstance(call.func, ast.Attribute):
        return ""
    name, receiver = call.func.attr, call.func.value
    known = file.service(receiver)
    if known:
        return known if name in WAITERS.get(known, ()) else ""
    if last_part(receiver) in ("", "self", "cls") or name in program.methods:
        return ""
    having = [service for service, names in WAITERS.items() if name in names]
    return having[0] if len(having) == 1 else ""


def _polls(call: ast.Call, loop: Loop, file: PythonFile) -> bool:
    if isinstance(loop, ast.For | ast.AsyncFor) and not _counts(loop):
        return False
    if any(_PAGES.search(k.arg or "") for k in call.keywords):
        return False
    return _sleeps(loop, file) and _ends_by(call, loop)


def _counts(loop: ast.For | ast.AsyncFor) -> bool:
    return isinstance(loop.iter, ast.Call) and last_part(loop.iter.func) in _COUNTS


def _sleeps(loop: Loop, file: PythonFile) -> bool:
    """Whether it sleeps between its rounds; after an error that is a retry, not a wait."""
    return any(
        last_part(call.func) == "sleep"
        and file.loop(call) is loop
        and not any(isinstance(a, ast.ExceptHandler) for a in _inside(call, loop, file))
        for call in file.calls
    )


def _inside(node: ast.AST, loop: Loop, file: PythonFile) -> Iterator[ast.AST]:
    for parent in file.above(node):
        if parent is loop:
            return
        yield parent


def _ends_by(call: ast.Call, loop: Loop) -> bool:
    """Whether what the call answers decides when the loop ends."""
    tests = [loop.test] if isinstance(loop, ast.While) else []
    tests += [
        node.test
        for node in ast.walk(loop)
        if isinstance(node, ast.If) and any(isinstance(n, _LEAVES) for n in ast.walk(node))
    ]
    told = _names_from(call, loop)
    return any(
        any(n is call for n in ast.walk(test))
        or (_names_in(test) & told and not _PAGES.search(ast.unparse(test)))
        for test in tests
    )


def _names_in(node: ast.AST) -> set[str]:
    return {last_part(n) for n in ast.walk(node) if isinstance(n, ast.Name | ast.Attribute)}


def _names_from(call: ast.Call, loop: Loop) -> set[str]:
    """The variables that hold the answer, or something made of it."""
    found: set[str] = set()
    pairs: list[tuple[list[ast.expr], ast.expr]] = []
    for node in ast.walk(loop):
        if isinstance(node, ast.Assign):
            pairs.append((node.targets, node.value))
        elif isinstance(node, ast.For | ast.comprehension) and node is not loop:
            pairs.append(([node.target], node.iter))
    for _ in range(4):
        for targets, value in pairs:
            if any(n is call for n in ast.walk(value)) or _names_in(value) & found:
                found.update(name for target in targets for name in _names_in(target))
    return found - {""}
