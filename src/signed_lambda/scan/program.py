"""All files of a package together: who imports whom, who calls whom.

Pure: imports `form`.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from signed_lambda.scan.form import Call, Closure, Member, Name, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signed_lambda.scan.form import Expr, Function, Module

_ENDINGS: Final = {
    "python": (".py", "/__init__.py"),
    "javascript": ("", ".js", ".ts", ".mjs", ".cjs", ".tsx", ".jsx", "/index.js", "/index.ts"),
}
_TESTS: Final = re.compile(
    r"(^|/)(tests?|__tests__|__mocks__|src/test/java)/|(^|/)(test_\w+|conftest)\.py$"
    r"|[._-](test|spec)\.\w+$|_test\.(go|py)$|(Test|Tests|IT)\.java$"
)


def is_test(path: str) -> bool:
    """Whether a file tests others: Lambda starts none, and what they are given is invented."""
    return _TESTS.search(path) is not None


DEFAULT: Final = "default"
"""What a file exports as a whole: `export default f`, `module.exports = f`."""


def words(text: str) -> frozenset[str]:
    """The words of a text, for tables of names."""
    return frozenset(text.split())


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


class Program:
    """The files that were read.

    Attributes:
        methods: All functions of a name.
        callers: All calls of a name, with the function that makes them; those of tests aside.
        givers: The functions that give a function of that name to a call, or return it.
    """

    def __init__(self, modules: Iterable[Module]) -> None:
        self.modules = {module.key: module for module in modules}
        self.methods: dict[str, list[Function]] = defaultdict(list)
        self.callers: dict[str, list[tuple[Call, Function]]] = defaultdict(list)
        self.givers: dict[str, list[Function]] = defaultdict(list)
        self._whole: dict[str, set[str]] = {}
        self._tails: dict[str, list[Module]] = defaultdict(list)
        self._folders: dict[str, list[Module]] = defaultdict(list)
        for module in self.modules.values():
            self._tails[posixpath.basename(_stem(module.path))].append(module)
            self._folders[posixpath.dirname(module.path)].append(module)
            tests = is_test(module.path)
            self._whole[module.key] = _defaults(module)
            for function in module.functions:
                self.methods[function.name].append(function)
                for site in function.sites if not tests else ():
                    for name in called_as(site.call, module):
                        self.callers[name].append((site.call, function))
                    for given in (*site.call.args, *(v for _, v in site.call.named)):
                        if isinstance(given, Name | Member):
                            self.givers[last_name(given)].append(function)

    def calls_of(self, function: Function) -> list[tuple[Call, Function]]:
        """All calls that may mean a function, by any of the names that it is called by."""
        name = function.name
        if constructs(function) and function.owner is not None:
            name = function.owner.name
        found = list(self.callers.get(name, ()))
        if name != DEFAULT and self.is_whole(function):
            found += self.callers.get(DEFAULT, ())
        return found

    def is_whole(self, function: Function) -> bool:
        """Whether it is what its file exports as a whole."""
        return bool(function.name) and function.name in self._whole[function.module.key]

    def siblings(self, module: Module) -> list[Module]:
        """The files whose names are shared without an import: a package of Go or Java."""
        if module.language not in ("go", "java"):
            return [module]
        found = self._folders[posixpath.dirname(module.path)]
        return [m for m in found if m.language == module.language]

    def imported(self, module: Module, source: str) -> Module | None:
        """The file of the package that an import names, None when it is not of the package."""
        if module.language == "python":
            return self._python(module, source)
        if module.language == "javascript" and source.startswith("."):
            base = posixpath.normpath(posixpath.join(posixpath.dirname(module.path), source))
            bases = (base, base.removesuffix(".js"))
            names = (b + ending for b in bases for ending in _ENDINGS["javascript"])
            return next((self.modules[n] for n in names if n in self.modules), None)
        if module.language == "go":
            tail = f"/{source.rpartition('/')[2]}"
            found = (ms for folder, ms in self._folders.items() if f"/{folder}".endswith(tail))
            return next((ms[0] for ms in found if ms and ms[0].language == "go"), None)
        return None

    def may_call(self, call: Call, function: Function, caller: Function) -> bool:
        """Whether a call of that name may mean the function."""
        if isinstance(call.func, Name) and not constructs(function):
            declared: Function | None = caller
            while declared is not None:
                if call.func.name in declared.functions:
                    return declared.functions[call.func.name] is function
                declared = declared.outer
            source = caller.module.imports.get(call.func.name)
            if source is None:
                return function.module in self.siblings(caller.module)
            return self.imported(caller.module, source[0]) is function.module
        return True

    def _python(self, module: Module, source: str) -> Module | None:
        name = source.lstrip(".")
        level = len(source) - len(name)
        tail = name.replace(".", "/")
        if level:
            folder = module.path
            for _ in range(level):
                folder = posixpath.dirname(folder)
            base = posixpath.normpath(posixpath.join(folder, tail)) if folder or tail else ""
            names = (base + ending for ending in _ENDINGS["python"])
            return next((self.modules[n] for n in names if n in self.modules), None)
        wanted = f"/{tail}"
        for found in self._tails[posixpath.basename(tail)]:
            if f"/{_stem(found.path)}".endswith(wanted) and found.language == "python":
                return found
        return None


def called_as(call: Call, module: Module) -> tuple[str, ...]:
    """What a call calls: by the name here, and by the name where it was imported from."""
    name = last_name(call.func)
    source = module.imports.get(name) if isinstance(call.func, Name) else None
    if source is None or source[1] == name:
        return (name,)
    return (name, source[1] or DEFAULT)


def _defaults(module: Module) -> set[str]:
    """The names of what a file exports as a whole."""
    stored = [v for v, _ in module.top.sets.get("module.exports", ())]
    stored += [
        v
        for k, v, _ in module.top.puts.get("exports", ())
        if isinstance(k, Text) and k.text == DEFAULT
    ]
    names: set[str] = set()
    while stored:
        value = stored.pop()
        if isinstance(value, Call):  # `wrap(f)`
            stored += value.args
        elif isinstance(value, Name):
            names.add(value.name)
        elif isinstance(value, Closure):
            names.add(value.body.name)
    return names


def _stem(path: str) -> str:
    base = path.removesuffix("/__init__.py")
    return posixpath.splitext(base)[0] if base == path else base


def constructs(function: Function) -> bool:
    """Whether it is a constructor."""
    return function.name in ("__init__", "constructor")
