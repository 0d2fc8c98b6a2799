"""Which function of a template is which function of the code.

A package is one folder of a repository whose templates declare many functions: `app.handler` fits
half of them. The handler's file is looked for where the template says that it is; by its name only
where no function is at its place (a build folder, a zip), and then a second that fits makes the
finding a question.
Imports `form`, `infra.model`, `program`.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from signed_lambda.scan.form import Closure, Text

if TYPE_CHECKING:
    from signed_lambda.scan.form import Function as CodeFunction
    from signed_lambda.scan.form import Module
    from signed_lambda.scan.infra.model import Function, Infra
    from signed_lambda.scan.program import Program

_ENDING: Final = re.compile(r"(/__init__)?\.\w+$")


def bind_code(program: Program, infra: Infra, function_name: str, root: str | None) -> None:
    """Gives each function of the templates its handler, where the package has it."""
    guessed: dict[CodeFunction, list[Function]] = defaultdict(list)
    stems = {_ENDING.sub("", m.path): m for m in program.modules.values()}
    for function in infra.functions:
        if function.id in infra.inline:
            function.code = _inline(program, function)
            continue
        function.code = _at_its_place(stems, function, root)
    if all(f.code is None for f in infra.functions if f.id not in infra.inline):
        for function in infra.functions:
            if function.code is None:
                function.code = _by_its_name(stems, function) or _by_convention(stems, function)
                if function.code is not None:
                    guessed[function.code].append(function)
    for functions in guessed.values():
        _choose(functions, function_name)


def handler_at(program: Program, handler: str) -> CodeFunction | None:
    """The function that Lambda starts in the package, as its configuration spells it.

    `app.handler` and `src/app.handler` name a file from the package's root; `com.acme.Orders` and
    `com.acme.Orders::handle` a class of Java.
    Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
    """
    where, _, name = handler.partition("::")
    if "::" not in handler:
        where, _, name = handler.rpartition(".")
        for module in program.modules.values():
            if _ENDING.sub("", module.path) == where and (found := _exported(module, name)):
                return found
    wanted = {where.rpartition(".")[2]: name, name: "handleRequest"}
    for module in program.modules.values() if handler else ():
        for function in module.functions:
            owner = function.owner.name if function.owner is not None else ""
            if owner in wanted and function.name == wanted[owner]:
                return function
    return None


def _choose(functions: list[Function], function_name: str) -> None:
    """Of several functions whose handler could be the same, the one that is deployed."""
    if len(functions) == 1:
        return
    named = [f for f in functions if f.name is not None and f.name.literal == function_name]
    for function in functions:
        function.certain = False
        if named and function not in named:
            function.code = None
    if len(named) == 1:
        named[0].certain = True


def _inline(program: Program, function: Function) -> CodeFunction | None:
    module = program.modules.get(function.id)
    wanted = function.handler.rpartition(".")[2] or "handler"
    return _exported(module, wanted) if module is not None else None


def _at_its_place(
    stems: dict[str, Module], function: Function, root: str | None
) -> CodeFunction | None:
    if root is None or not function.handler:
        return None
    where, _, name = function.handler.rpartition(".")
    above = posixpath.dirname(function.place.path)
    while True:  # a template is beside its code, a stack of the CDK somewhere below it
        wanted = posixpath.normpath(posixpath.join(above, function.folder, where))
        inside = posixpath.relpath(wanted, root or ".")
        for stem in (inside, re.sub(r"(?<=\w)\.(?=\w)", "/", inside)):
            found = _exported(stems[stem], name) if stem in stems else None
            if found is not None:
                return found
        if not above:
            return None
        above = posixpath.dirname(above)


def _by_its_name(stems: dict[str, Module], function: Function) -> CodeFunction | None:
    where, _, name = function.handler.rpartition(".")
    folder = re.sub(r"^[./]+", "", function.folder).strip("/")
    own = where.replace(".", "/").strip("/")
    wanted = [f"{folder}/{own}".strip("/"), own]
    for tail in wanted if own else ():
        for stem, module in stems.items():
            if stem == tail or stem.endswith(f"/{tail}"):
                found = _exported(module, name)
                if found is not None:
                    return found
    return None


def _by_convention(stems: dict[str, Module], function: Function) -> CodeFunction | None:
    """`deviceRequestHandler` in device-request-handler.lambda.ts: no template says more."""
    if not function.handler.startswith("?"):
        return None
    names = function.handler[1:].split("|")
    for stem, module in stems.items():
        base = re.sub(r"\.(lambda|handler|function)$", "", posixpath.basename(stem))
        if re.sub(r"[^a-z0-9]", "", base.lower()) in names:
            found = _exported(module, "handler") or _exported(module, "default")
            if found is not None:
                return found
    return None


def _exported(module: Module, name: str) -> CodeFunction | None:
    direct = module.top.functions.get(name)
    if direct is not None:
        return direct
    stored = [
        value
        for key, value, _ in module.top.puts.get("exports", ())
        if isinstance(key, Text) and key.text == name
    ]
    stored += [value for value, _ in module.top.sets.get(name, ())]
    return next((v.body for v in stored if isinstance(v, Closure)), None)
