"""All files of a package together: who imports whom, who calls whom.

Pure: imports `form` and `names`.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from signed_lambda.lazy import regex
from signed_lambda.scan.form import Call, Closure, Member, Module, Name, Text
from signed_lambda.scan.names import DEFAULT, imported_as, names_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from signed_lambda.scan.form import Class, Function
    from signed_lambda.scan.reading import Unread

T = TypeVar("T")
_WORD: Final = regex(r"[\w$]+")
_ENDINGS: Final = {
    "python": (".py", "/__init__.py"),
    "javascript": ("", ".js", ".ts", ".mjs", ".cjs", ".tsx", ".jsx", "/index.js", "/index.ts"),
}
_TESTS: Final = regex(
    r"(^|/)(tests?|__tests__|__mocks__|src/test/java)/|(^|/)(test_\w+|conftest)\.py$"
    r"|[._-](test|spec)\.\w+$|_test\.(go|py)$|(Test|Tests|IT)\.java$"
)


def is_test(path: str) -> bool:
    """Whether a file tests others: Lambda starts none, and what they are given is invented."""
    return _TESTS.search(path) is not None


_ALIASED: Final = 2
_SOURCES: Final = ("src", "lib")
"""Folders of a package that an import does not name."""
FOLDER: Final = "."
"""What an import calls a folder's own file where it does not name it: `.`, `..`, `../index`."""


class Unopened(Protocol):
    """A file that is read when it is asked for; `reading.Source`."""

    @property
    def path(self) -> str:
        """Of the file."""
        ...

    @property
    def language(self) -> str:
        """As `Module` calls it."""
        ...

    @property
    def matters(self) -> bool:
        """Whether it is read for its own sake."""
        ...

    @property
    def weight(self) -> tuple[bool, int]:
        """What is light is read first."""
        ...

    @property
    def tokens(self) -> frozenset[str]:
        """All words in it that may be names."""
        ...

    def read(self) -> Module | Unread:
        """The file, or why it cannot be read."""
        ...


class Index(Generic[T]):
    """What the files have of a name, in the order of the files.

    Whoever asks for a name has all files read that have the word: so it makes no difference for an
    answer which files were read before.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._found: dict[str, dict[str, list[T]]] = {}
        self._whole: dict[str, list[T]] = {}

    def add(self, name: str, key: str, found: T) -> None:
        """Keeps something of a name that a file has."""
        self._found.setdefault(name, {}).setdefault(key, []).append(found)

    def get(self, name: str, default: tuple[T, ...] = ()) -> Sequence[T]:
        """All of a name."""
        known = self._whole.get(name)
        if known is None:
            self._program.open_naming(name)
            by_file = self._found.get(name, {})
            keys = sorted(by_file, key=self._program.place_of)
            known = self._whole[name] = [one for key in keys for one in by_file[key]]
        return known or default

    def __contains__(self, name: str) -> bool:
        return bool(self.get(name))

    def seen(self) -> list[tuple[str, Sequence[T]]]:
        """What the files that were read so far have."""
        return [(n, [one for f in by.values() for one in f]) for n, by in self._found.items()]


class Program:
    """The files of a package; one that names no call of AWS is read when another asks for it.

    Attributes:
        methods: All functions of a name.
        callers: All calls of a name, with the function that makes them; those of tests aside.
        givers: The functions that give a function of that name to a call, or return it.
        unread: Files that were asked for and could not be read.
        recorded: Further calls of AWS that matter: `recorded.recorded_calls` says which.
    """

    def __init__(self, files: Iterable[Module | Unopened]) -> None:
        self.methods: Index[Function] = Index(self)
        self.callers: Index[tuple[Call, Function]] = Index(self)
        self.givers: Index[Function] = Index(self)
        self._wholly: Index[tuple[Call, Function]] = Index(self)
        self._passed_on: Index[Module] = Index(self)
        self._whole: dict[str, set[str]] = {}
        self.unread: list[Unread] = []
        self.recorded: Mapping[str, str] = MappingProxyType({})
        self._opened: dict[str, Module] = {}
        self._sorted: dict[str, Module] | None = None
        self._unopened: dict[str, Unopened] = {}
        self._words: dict[str, set[str]] | None = None
        self._by_alias: dict[str, str] = {}
        listed = {_key(file): file for file in files}
        self._places = {key: place for place, key in enumerate(listed)}
        self._tails: dict[str, list[str]] = defaultdict(list)
        self._folders: dict[str, list[str]] = defaultdict(list)
        for key, file in listed.items():
            self._tails[posixpath.basename(_stem(file.path))].append(key)
            self._folders[posixpath.dirname(file.path)].append(key)
            if isinstance(file, Module):
                self._keep(file)
            else:
                self._unopened[key] = file
        matter = [(file.weight, key) for key, file in self._unopened.items() if file.matters]
        for _, key in sorted(matter):  # the time may end
            self.open(key)

    @property
    def modules(self) -> dict[str, Module]:
        """The files that were read so far, in their order."""
        if self._sorted is None:
            self._sorted = {k: self._opened[k] for k in sorted(self._opened, key=self.place_of)}
        return self._sorted

    @property
    def paths(self) -> list[tuple[str, str]]:
        """Path and key of all files, read or not, in their order."""
        return [(self._file(key).path, key) for key in self._places if key in self]

    @property
    def passed_over(self) -> int:
        """How many files nobody asked for."""
        return len(self._unopened)

    def __contains__(self, key: str) -> bool:
        return key in self._opened or key in self._unopened

    def _file(self, key: str) -> Module | Unopened:
        return self._opened.get(key) or self._unopened[key]

    def place_of(self, key: str) -> int:
        """The place of a file among all."""
        return self._places[key]

    def open(self, key: str) -> Module | None:
        """The file, read if it was not; None when there is none or it cannot be read."""
        file = self._unopened.pop(key, None)
        if file is None:
            return self._opened.get(key)
        found = file.read()
        if not isinstance(found, Module):
            self.unread.append(found)
            return None
        self._keep(found)
        return found

    def open_naming(self, name: str) -> None:
        """Reads all files that have the word."""
        if not self._unopened:
            return
        if self._words is None:
            self._words = defaultdict(set)
            for key, file in self._unopened.items():
                for token in file.tokens:
                    self._words[token].add(key)
        spelled = [FOLDER] if name == FOLDER else _WORD.findall(name)
        parts = [self._words.get(part, set()) for part in spelled]
        for key in sorted(set.intersection(*parts), key=self.place_of) if parts else ():
            self.open(key)

    def _keep(self, module: Module) -> None:
        self._opened[module.key] = module
        self._sorted = None
        self._whole[module.key] = _defaults(module)
        tests = is_test(module.path)
        for passed in _passed_on(module):
            self._passed_on.add(_last_part(passed), module.key, module)
        for function in module.functions:
            self.methods.add(function.name, module.key, function)
            for site in function.sites if not tests else ():
                call = site.call
                for name in names_of(call.func, function):
                    self.callers.add(name, module.key, (call, function))
                source = imported_as(call, module)
                if source is not None and source[1] in ("", DEFAULT):
                    self._wholly.add(_last_part(source[0]), module.key, (call, function))
                for given in (*call.args, *(v for _, v in call.named)):
                    if isinstance(given, Name | Member):
                        for name in names_of(given, function):
                            self.givers.add(name, module.key, function)
        for inner in module.inner:
            self._places[inner.key] = self._places[module.key]
            self._keep(inner)

    def calls_of(self, function: Function) -> list[tuple[Call, Function]]:
        """All calls that may mean a function, by any of the names that it is called by."""
        name, module = function.name, function.module
        if constructs(function) and function.owner is not None:
            name = function.owner.name
        found = list(self.callers.get(name))
        if self.is_whole(function):
            part = _last_part(module.path)
            for called in _names_of_file(module.path):
                found += self._wholly.get(called)
            for other in self._passed_on.get(part):
                for called in _names_of_file(other.path):
                    found += self._wholly.get(called)
            if name != DEFAULT and DEFAULT in module.starts:
                found += self.callers.get(DEFAULT)
        return found

    def is_whole(self, function: Function) -> bool:
        """Whether it is what its file exports as a whole."""
        return bool(function.name) and function.name in self._whole[function.module.key]

    def classes_of(self, kind: str) -> list[Class]:
        """The classes that are written to be of a kind: they extend or implement it."""
        self.open_naming(kind)
        return [
            declared
            for module in self.modules.values()
            for declared in module.classes
            if not is_test(module.path)
            if any(isinstance(b, Name) and b.name == kind for b in declared.bases)
        ]

    def siblings(self, module: Module, name: str) -> list[Module]:
        """The files whose names are shared without an import: a package of Go or Java.

        Args:
            module: One of them.
            name: That the files must have; the others are not read for it.
        """
        if module.language not in ("go", "java"):
            return [module]
        self.open_naming(name)
        keys = self._folders[posixpath.dirname(module.path)]
        found = [self._opened[k] for k in keys if k in self._opened]
        return [m for m in found if m.language == module.language]

    def imported(self, module: Module, source: str) -> Module | None:
        """The file of the package that an import names, None when it is not of the package."""
        if module.language == "python":
            return self._python(module, source)
        if module.language == "javascript" and source.startswith("#"):
            return self._opened.get(f"{module.path}{source}")
        if module.language == "javascript" and source.startswith("."):
            base = posixpath.normpath(posixpath.join(posixpath.dirname(module.path), source))
            bases = (base, base.removesuffix(".js"))
            names = (b + ending for b in bases for ending in _ENDINGS["javascript"])
            return self._first(map(posixpath.normpath, names))  # `.` at the root
        if module.language == "javascript":
            return self._named(source)
        return self._go(source) if module.language == "go" else None

    def _go(self, source: str) -> Module | None:
        """A file of the package that an import of Go names: its folder is what the path ends in.

        Of several folders that it may be, the one that most of the path names.
        """
        if source not in self._by_alias:
            parts = source.split("/")
            ends = (f"/{'/'.join(parts[place:])}" for place in range(len(parts)))
            found = (
                key
                for end in ends
                for folder, keys in self._folders.items()
                if f"/{folder}".endswith(end)
                for key in keys
                if key in self and self._file(key).language == "go"
            )
            self._by_alias[source] = next(found, "")
        key = self._by_alias[source]
        return self.open(key) if key else None

    def _named(self, source: str) -> Module | None:
        """The file that an import without a path names: through an alias, or of a workspace.

        `@libs/x` of a `tsconfig.json` is a file whose path ends so; `@shop/queue` may be a folder
        `queue` or `shop-queue` with a package of its own. Two that fit are none.
        """
        if source not in self._by_alias:
            parts = [p for p in source.lstrip("@~#").split("/") if p]
            tails = ["/".join(parts)] if len(parts) > 1 else []
            tails += ["/".join(parts[1:])] if len(parts) > _ALIASED else []
            found = [key for tail in tails for key in self._ending(tail)]
            if not found and source.startswith("@") and len(parts) > 1:
                found = self._package({parts[-1], "-".join(parts)})
            unique = dict.fromkeys(found)
            self._by_alias[source] = next(iter(unique)) if len(unique) == 1 else ""
        key = self._by_alias[source]
        return self.open(key) if key else None

    def _ending(self, tail: str) -> list[str]:
        """The own files of JavaScript whose path ends so, or so and with `/index`."""
        wanted = {f"/{tail}": posixpath.basename(tail), f"/{tail}/index": "index"}
        keys = ((end, key) for end, base in wanted.items() for key in self._tails.get(base, ()))
        return [key for end, key in keys if self._is_own(key) and _ends(self._path(key), end)]

    def _package(self, names: set[str]) -> list[str]:
        """The first files of the folders of these names."""
        parts = ("", *(f"/{folder}" for folder in _SOURCES))
        ends = tuple(f"/{name}{part}" for name in names for part in parts)
        folders = (f for f in self._folders if f"/{f}".endswith(ends))
        keys = (key for folder in folders for key in self._folders[folder])
        return [k for k in keys if self._is_own(k) and _ends(self._path(k), "/index")]

    def _is_own(self, key: str) -> bool:
        return key in self and "node_modules/" not in key

    def _path(self, key: str) -> str:
        return self._file(key).path

    def _first(self, keys: Iterable[str]) -> Module | None:
        return next((m for m in map(self.open, keys) if m is not None), None)

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
                return _share_names(function.module, caller.module)
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
            return self._first(names)
        wanted = f"/{tail}"
        for key in self._tails[posixpath.basename(tail)]:
            file = self._file(key) if key in self else None
            if file is not None and f"/{_stem(file.path)}".endswith(wanted):
                found = self.open(key) if file.language == "python" else None
                if found is not None:
                    return found
        return None


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


def _ends(path: str, end: str) -> bool:
    return f"/{_stem(path)}".endswith(end) and not path.endswith(".d.ts")


def _share_names(one: Module, other: Module) -> bool:
    """Whether each sees the names of the other without an import."""
    if one.language not in ("go", "java") or one.language != other.language:
        return one is other
    return posixpath.dirname(one.path) == posixpath.dirname(other.path)


def _key(file: Module | Unopened) -> str:
    return file.key if isinstance(file, Module) else file.path


def _last_part(source: str) -> str:
    """`put` of `./lib/put.js`, FOLDER of `..`: what an import calls a file, without its folders."""
    stem = posixpath.splitext(posixpath.basename(source.rstrip("/")))[0]
    return FOLDER if stem in ("", "index") or not stem.strip(".") else stem


def _passed_on(module: Module) -> list[str]:
    """The files that a file exports as a whole as its own: `module.exports = require("./put")`."""
    stored = (v for v, _ in module.top.sets.get("module.exports", ()) if isinstance(v, Name))
    found = (module.imports.get(value.name) for value in stored)
    return [source for source, _ in filter(None, found)]


def _names_of_file(path: str) -> tuple[str, ...]:
    """What imports call a file."""
    part = _last_part(path)
    return _folder_names(path) if part == FOLDER else (part,)


def _folder_names(path: str) -> tuple[str, ...]:
    """What imports call a folder: `.`, `queue`, `@shop/queue` of `shop-queue/src/index.js`."""
    above, folder = posixpath.split(posixpath.dirname(path))
    package = posixpath.basename(above) if folder in _SOURCES else folder
    return tuple(dict.fromkeys((FOLDER, folder, package, package.rpartition("-")[2])))


def _stem(path: str) -> str:
    base = path.removesuffix("/__init__.py")
    return posixpath.splitext(base)[0] if base == path else base


def constructs(function: Function) -> bool:
    """Whether it is a constructor."""
    return function.name in ("__init__", "constructor")
