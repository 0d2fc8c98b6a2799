"""Calls whose function the run chooses by a name: `getattr(jobs, event["action"])(event)`.

Imports `form`, `names`, `evaluate` for types only.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Final

from signed_lambda.scan.form import Call, Member, Name, Text
from signed_lambda.scan.names import STORED, last_name
from signed_lambda.scan.values import Cls, Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.scan.evaluate import Evaluator
    from signed_lambda.scan.form import Class, Expr, Function
    from signed_lambda.scan.program import Program

_GIVES: Final = ("getattr", "__getattribute__", "get")
BASES: Final = 5


def is_chosen(call: Call, function: Function) -> bool:
    """Whether a call is of a function that is chosen by a name."""
    return any(True for _ in chosen_of(call.func, function))


def chosen_of(func: Expr, function: Function) -> Iterator[Expr]:
    """The objects one of whose functions is called; nothing for a call that says which."""
    if isinstance(func, Name):
        stored = islice(function.sets.get(func.name, ()), STORED)
        for value, _ in stored:
            if isinstance(value, Call | Member):
                yield from _of(value)
    else:
        yield from _of(func)


def _of(value: Expr) -> Iterator[Expr]:
    if isinstance(value, Call):
        name = last_name(value.func)
        given = value.args[1:2] if name == _GIVES[0] else value.args[:1]
        if name in _GIVES and given and not isinstance(given[0], Text):
            if name == _GIVES[0]:
                yield value.args[0]
            elif isinstance(value.func, Member):
                yield value.func.of
    elif isinstance(value, Member) and not isinstance(value.key, Text):
        yield value.of


def choosers(program: Program) -> dict[str, list[Function]]:
    """The functions with such calls, by their language; of the function's own files only.

    Every second file of others has one, and none is read to look for it.
    """
    found: dict[str, list[Function]] = defaultdict(list)
    own = (m for m in program.modules.values() if not m.installed)
    for function in (f for module in own for f in module.functions):
        if any(is_chosen(site.call, function) for site in function.sites):
            found[function.module.language].append(function)
    return found


def methods_of(cls: Class, evaluator: Evaluator, level: int = 0) -> Iterator[Function]:
    """The methods of a class, its own and those of its bases."""
    yield from cls.methods.values()
    for base in cls.bases if level < BASES else ():
        for value in evaluator.values(base, Frame(cls.module.top)):
            if isinstance(value, Cls):
                yield from methods_of(value.cls, evaluator, level + 1)
