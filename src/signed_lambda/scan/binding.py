"""Which function of a template is which function of the code.

A package is one folder of a repository whose templates declare many functions: `app.handler` fits
half of them. The handler's file is looked for where the template says that it is; by its name only
where no function of the template is at its place (a build folder, a zip), and then a second that
fits makes the finding a question.
Imports `form`, `infra.model`, `names`, `program`.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.form import Call, Closure, Name, Text
from signed_lambda.scan.names import GO_STARTS
from signed_lambda.scan.program import is_test

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from signed_lambda.scan.form import Class, Expr, Module
    from signed_lambda.scan.form import Function as CodeFunction
    from signed_lambda.scan.infra.model import Function, Infra
    from signed_lambda.scan.program import Program

_ENDING: Final = regex(r"(/__init__)?\.\w+$")
_KINDS: Final = ("lambda", "function", "handler", "fn", "zip")
"""What a function or its file is called beside its own name."""
_USUAL: Final = "handleRequest"
"""The method that Lambda calls of a class, where the handler names none.

Source: https://docs.aws.amazon.com/lambda/latest/dg/java-handler.html
"""
_EXPORTS: Final = ("python", "javascript")
_WRAPS: Final = 4
"""`middy(f).use(x)`: calls around a handler."""


def bind_code(program: Program, infra: Infra, function_name: str, root: str | None) -> None:
    """Gives each function of the templates its handler, where the package has it."""
    guessed: dict[CodeFunction, list[Function]] = defaultdict(list)
    files = _Files(program)
    written = [f for f in infra.functions if f.id not in infra.inline]
    for function in infra.functions:
        if function.id in infra.inline:
            function.code = _inline(program, function)
        elif root is not None:
            function.code = files.at_its_place(function, root)
    bound = {f.code for f in infra.functions if f.code is not None}
    placed = {f.place.path for f in written if f.code is not None}
    for function in written:
        if function.code is None and function.place.path not in placed:
            found = files.by_its_name(function, alone=len(written) == 1)
            if found is not None and found not in bound:
                function.code = found
                guessed[found].append(function)
    for functions in guessed.values():
        _choose(functions, function_name)
    if not bound and not guessed:
        _bind_by_export(files, written)


def _bind_by_export(files: _Files, written: list[Function]) -> None:
    """The only handler of the files, where the one function that may be it names another file.

    A build renames files: `lambda_function.lambda_handler` may be `lambda_handler` of requeue.py.
    """
    by_name: dict[str, list[Function]] = defaultdict(list)
    for function in written:
        by_name[function.handler.rpartition(".")[2]].append(function)
    for name, functions in by_name.items():
        found = _only(files.exports(name)) if name else None
        fits = [f for f in functions if found is not None and _fits(f, found.module.path)]
        only = functions if len(functions) == 1 else fits if len(fits) == 1 else []
        for function in only:
            function.code = found


def handler_at(program: Program, handler: str) -> CodeFunction | None:
    """The function that Lambda starts in the package, as its configuration spells it.

    `app.handler` and `src/app.handler` name a file from the package's root; `com.acme.Orders` and
    `com.acme.Orders::handle` a class of Java.
    Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
    """
    where, _, name = handler.partition("::")
    if "::" not in handler:
        where, _, name = handler.rpartition(".")
        for path, key in program.paths:
            if _ENDING.sub("", path) == where and (found := _exported(program.open(key), name)):
                return found
    wanted = {where.rpartition(".")[2]: name, name: _USUAL}
    for owner in wanted:
        program.open_naming(owner)
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
    fits = [f for f in functions if f.code is not None and _fits(f, f.code.module.path)]
    if not named and len(fits) == 1:
        for function in functions:
            function.code = function.code if function is fits[0] else None
        named = fits
    if len(named) == 1:
        named[0].certain = True


def _fits(function: Function, path: str) -> bool:
    """Whether a folder or file on the path is called as the function is."""
    labels = {
        function.id.rpartition("#")[2].rpartition(".")[2],
        posixpath.basename(function.folder),
    }
    labels |= {(function.name.literal or "") if function.name is not None else ""}
    parts = _ENDING.sub("", path).split("/")
    return bool({_plainly(label) for label in labels} & {_plainly(part) for part in parts} - {""})


def _plainly(label: str) -> str:
    """What a function or folder is called, without what kind of thing it is."""
    said = re.sub(r"[^a-z0-9]", "", label.lower())
    end = len(said)
    while kind := next((k for k in _KINDS if said.endswith(k, 0, end)), ""):
        end -= len(kind)
    return said[:end]


def _inline(program: Program, function: Function) -> CodeFunction | None:
    module = program.modules.get(function.id)
    wanted = function.handler.rpartition(".")[2] or "handler"
    return _exported(module, wanted)


class _Files:
    """The files of the package, by where a handler may be."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.stems = {_ENDING.sub("", path): key for path, key in program.paths}

    def at_its_place(self, function: Function, root: str) -> CodeFunction | None:
        """The handler in the file, or below the folder, that the template names."""
        above = posixpath.dirname(function.place.path)
        if not function.handler:
            return None
        while True:  # a template is beside its code, a stack of the CDK somewhere below it
            folder = posixpath.normpath(posixpath.join(above, function.folder))
            found = self._in_folder(function, posixpath.relpath(folder, root or "."))
            if found is not None or above == posixpath.dirname(above):  # "" or "/"
                return found
            above = posixpath.dirname(above)

    def _in_folder(self, function: Function, folder: str) -> CodeFunction | None:
        where, _, name = function.handler.rpartition(".")
        inside = posixpath.normpath(posixpath.join(folder, where))
        for stem in (inside, re.sub(r"(?<=\w)\.(?=\w)", "/", inside)):
            key = self.stems.get(stem)
            found = _exported(self.program.open(key), name) if key is not None else None
            if found is not None:
                return found
        if not function.folder:
            return None
        below = "" if folder == "." else f"{folder}/"
        return _only(self._of_class(function.handler, below)) or _only(self._of_main(below))

    def by_its_name(self, function: Function, *, alone: bool) -> CodeFunction | None:
        """The handler in any file of that name; the only one, where there is one function."""
        found = self._of_stem(function) or _only(self._of_class(function.handler, ""))
        if found is None and "." not in function.handler:
            base = posixpath.basename(function.handler)
            every = self._mains()
            mains = [m for m in every if posixpath.basename(posixpath.dirname(m.path)) == base]
            wanted = mains or (every if alone else ())
            found = _only(_entry(m, self.program) for m in wanted)
        return found or self._by_convention(function)

    def exports(self, name: str) -> Iterator[CodeFunction | None]:
        """What each file that is no test exports under a name."""
        self.program.open_naming(name)
        files = [m for m in self.program.modules.values() if m.language in _EXPORTS]
        return (_exported(m, name) for m in files if not is_test(m.path))

    def _of_stem(self, function: Function) -> CodeFunction | None:
        where, _, name = function.handler.rpartition(".")
        folder = re.sub(r"^[./]+", "", function.folder).strip("/")
        own = where.replace(".", "/").strip("/")
        wanted = [f"{folder}/{own}".strip("/"), own]
        for tail in wanted if own else ():
            for stem, key in self.stems.items():
                if stem == tail or stem.endswith(f"/{tail}"):
                    found = _exported(self.program.open(key), name)
                    if found is not None:
                        return found
        return None

    def _of_class(self, handler: str, below: str) -> Iterator[CodeFunction]:
        """`com.example.App::handle` and `com.example.App` of Java."""
        whole, _, method = handler.partition("::")
        package, _, name = whole.rpartition(".")
        tail = f"/{package.replace('.', '/')}/".replace("//", "/")
        for module, declared in self._classes(name):
            at = f"/{posixpath.dirname(module.path)}/".replace("//", "/")
            if declared.name == name and at.endswith(tail) and module.path.startswith(below):
                found = self._method(declared, method or _USUAL, 0)
                if found is not None:
                    yield found

    def _method(self, declared: Class, name: str, level: int) -> CodeFunction | None:
        if name in declared.methods or level > _WRAPS:
            return declared.methods.get(name)
        bases = {b.name.partition("<")[0] for b in declared.bases if isinstance(b, Name)}
        classes = (c for base in sorted(bases) for _, c in self._classes(base))
        found = (self._method(c, name, level + 1) for c in classes)
        return next((f for f in found if f is not None), None)

    def _classes(self, name: str) -> list[tuple[Module, Class]]:
        """Those of Java that are called so."""
        self.program.open_naming(name)
        java = [m for m in self.program.modules.values() if m.language == "java"]
        return [(m, c) for m in java for c in m.classes if c.name == name]

    def _mains(self) -> list[Module]:
        """The programs of Go that Lambda starts."""
        for start in GO_STARTS:
            self.program.open_naming(start)
        return [m for m in self.program.modules.values() if m.language == "go" and m.starts]

    def _of_main(self, below: str) -> Iterator[CodeFunction | None]:
        """What `lambda.Start` is given in a program of Go below a folder."""
        mains = (m for m in self._mains() if m.path.startswith(below))
        return (_entry(m, self.program) for m in mains)

    def _by_convention(self, function: Function) -> CodeFunction | None:
        """`deviceRequestHandler` in device-request-handler.lambda.ts: no template says more."""
        if not function.handler.startswith("?"):
            return None
        names = function.handler[1:].split("|")
        for stem, key in self.stems.items():
            base = re.sub(r"\.(lambda|handler|function)$", "", posixpath.basename(stem))
            if re.sub(r"[^a-z0-9]", "", base.lower()) in names and not is_test(key):
                module = self.program.open(key)
                found = _exported(module, "handler") or _exported(module, "default")
                if found is not None:
                    return found
        return None


def _only(found: Iterable[CodeFunction | None]) -> CodeFunction | None:
    """The one, None when there are several."""
    known = list(dict.fromkeys(f for f in found if f is not None))
    return known[0] if len(known) == 1 else None


def _entry(module: Module, program: Program) -> CodeFunction | None:
    """What a program of Go hands to Lambda: its own function, or the only one of that name."""
    own = next((f for f in module.functions if f.name in module.starts and f.name), None)
    named = (f for name in module.starts for f in program.methods.get(name, ()))
    return own or _only(f for f in named if f.module.language == "go")


def _exported(module: Module | None, name: str) -> CodeFunction | None:
    if module is None:
        return None
    direct = module.top.functions.get(name)
    if direct is not None:
        return direct
    stored = [
        value
        for key, value, _ in module.top.puts.get("exports", ())
        if isinstance(key, Text) and key.text == name
    ]
    stored += [value for value, _ in module.top.sets.get(name, ())]
    for value in stored:
        found = _handler_in(value, module, 0)
        if found is not None:
            return found
    return None


def _handler_in(value: Expr, module: Module, level: int) -> CodeFunction | None:
    """The function that is stored, itself or in calls around it."""
    if isinstance(value, Closure):
        return value.body
    if isinstance(value, Name):
        named = (f for f in module.functions if f.name == value.name and f.of_file)
        return (
            module.top.functions.get(value.name)
            or _stored(value.name, module, level)
            or next(named, None)
        )
    if not isinstance(value, Call) or level > _WRAPS:
        return None
    inner = [*value.args]
    if hasattr(value.func, "of"):
        inner.append(value.func.of)  # `middy(f).use(x)`
    found = (_handler_in(part, module, level + 1) for part in inner)
    return next((f for f in found if f is not None), None)


def _stored(name: str, module: Module, level: int) -> CodeFunction | None:
    if level > _WRAPS:
        return None
    found = (_handler_in(v, module, level + 1) for v, _ in module.top.sets.get(name, ()))
    return next((f for f in found if f is not None), None)
