"""What is called what: by its last name, and by the names that it has from elsewhere.

Pure: imports `form`.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.form import Call, Member, Name, Text

if TYPE_CHECKING:
    from signed_lambda.scan.form import Class, Expr, Function, Module

STORED: Final = 200
"""Values of one variable that are looked at for what it is called: each of its calls asks."""
DEFAULT: Final = "default"
"""What a file exports as a whole: `export default f`, `module.exports = f`."""


def words(text: str) -> frozenset[str]:
    """The words of a text, for tables of names."""
    return frozenset(text.split())


_OPERATION: Final = regex(r"[A-Z][A-Za-z0-9]+")
_PASSED_ON: Final = 3
"""Files of a bundle that hand on what another one exports, one behind the other."""
_KEPT: Final = 8
"""Values and names of one export, and arguments of one base, that are looked at."""
GO_STARTS: Final = ("lambda.Start", "lambda.StartWithContext", "lambda.StartWithOptions")
"""What a program of Go gives its handler to."""
TAKE_FUNCTIONS: Final = words(
    "map forEach filter some every flatMap each find reduce sort then catch finally setTimeout"
    " setInterval setImmediate nextTick subscribe listen Promise Thread submit run Timer"
)
"""Calls that are given a function and give something else."""


def last_name(func: Expr) -> str:
    """`c` of `a.b.c` and of `c`, "" of anything else."""
    if isinstance(func, Name):
        return func.name
    if isinstance(func, Member) and isinstance(func.key, Text):
        return func.key.text
    return ""


def names_of(func: Expr, function: Function) -> tuple[str, ...]:
    """Its last name, and what it is called where a variable of that name has it from.

    Args:
        func: What is called or given.
        function: Where.
    """
    name = last_name(func)
    if isinstance(func, Member) and function.module.beside:
        return (name, *_renamed(func, function))
    if not isinstance(func, Name):
        return (name,)
    scope = _scope_of(name, function)
    if scope is None:
        there = [function.module.imports.get(name, ("", ""))[1]]
    else:
        stored = islice(scope.sets.get(name, ()), STORED)
        there = [last_name(v) for v, _ in stored if isinstance(v, Member)]
        there += _made_of(scope.classes.get(name))
    return tuple(dict.fromkeys((name, *(t for t in there if t not in ("", DEFAULT)))))


def _scope_of(name: str, function: Function) -> Function | None:
    """The function that declares a name as it is seen in another one."""
    scope: Function | None = function
    while scope is not None and not scope.declares(name):
        scope = scope.outer
    return scope


def _renamed(func: Member, function: Function, level: int = 0) -> tuple[str, ...]:
    """`InvokeCommand` of `sdk.mdN`: bundlers shorten what a file of a bundle exports."""
    if not isinstance(func.of, Name) or not isinstance(func.key, Text):
        return ()
    scope = _scope_of(func.of.name, function)
    stored = scope.sets.get(func.of.name, ()) if scope is not None else ()
    files = (function.module.beside.get(v.name) for v, _ in stored[:1] if isinstance(v, Name))
    return tuple(
        name for f in files if f is not None for name in _named_in(f, func.key.text, level)
    )


@lru_cache(maxsize=4096)
def _named_in(file: Module, key: str, level: int) -> tuple[str, ...]:
    """What a file of a bundle calls what it exports, or hands on, under another name."""
    found: list[str] = []
    for value, where in exports_of(file).get(key, ())[:_KEPT]:
        if isinstance(value, Member) and level < _PASSED_ON:
            found += _renamed(value, where, level + 1)
        if isinstance(value, Name):
            found += [value.name, *_made_of(file.top.classes.get(value.name))]
    return tuple(dict.fromkeys(name for name in found if name != key))[:_KEPT]


@lru_cache(maxsize=1024)
def exports_of(file: Module) -> dict[str, list[tuple[Expr, Function]]]:
    """What a file exports under each name; asked for at each call of one of them."""
    found: dict[str, list[tuple[Expr, Function]]] = {}
    for key, value, where in file.top.puts.get("exports", ()):
        if isinstance(key, Text):
            found.setdefault(key.text, []).append((value, where))
    return found


def _made_of(declared: Class | None) -> list[str]:
    """What a class is made for, where its name may be short: a command of AWS's SDK.

    `class a extends b(c, d, "Invoke", e)` in a minified bundle; so the SDK has it since 2026.
    """
    bases = declared.bases if declared is not None else ()
    given = (arg for base in bases if isinstance(base, Call) for arg in base.args[:_KEPT])
    return [arg.text for arg in given if isinstance(arg, Text) and _OPERATION.fullmatch(arg.text)]


def called_as(call: Call, function: Function) -> tuple[str, ...]:
    """What a call calls: by the names of `names_of`, and as what a file exports as a whole."""
    names = names_of(call.func, function)
    source = imported_as(call, function.module)
    return names if source is None or source[1] not in ("", DEFAULT) else (*names, DEFAULT)


def imported_as(call: Call, module: Module) -> tuple[str, str] | None:
    """File and name that a called name was imported from, None for anything else."""
    return module.imports.get(call.func.name) if isinstance(call.func, Name) else None
