"""The one form that every language is brought into before anything is concluded from it.

Kept: names, members, texts, tables, calls, what is assigned to what, and the conditions that a call
stands under. Dropped: order, arithmetic, types. A front end (`front/`) writes it, `evaluate` reads
it. Pure: imports `credentials`, reads no file.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from signed_lambda.scan.sourcemap import Origin, SourceMap

from signed_lambda.scan.credentials import hidden


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A literal; numbers and booleans by their spelling."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A variable, as it is called where it is read."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """`of.key` and `of[key]`; the key of a dotted one is a `Text`."""

    of: Expr
    key: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Join:
    """Texts put together."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Either:
    """One of several, decided at run time."""

    options: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A dictionary, object or struct; a None key spreads another table into it."""

    items: tuple[tuple[Expr | None, Expr], ...]
    line: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A list or tuple."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call, or the making of an object.

    Attributes:
        named: Keyword arguments; a None name spreads a table.
        column: Where it starts in its line, in bytes, from 0.
    """

    func: Expr
    args: tuple[Expr, ...]
    named: tuple[tuple[str | None, Expr], ...]
    line: int
    end_line: int
    column: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """A function written where a value is expected."""

    body: Function


@dataclass(frozen=True, slots=True, eq=False)
class Other:
    """Anything else; only the closures and names in its parts may matter."""

    parts: tuple[Expr, ...]


Expr = Text | Name | Member | Join | Either | Table | Row | Call | Closure | Other
UNKNOWN = Other(())


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """A condition that a call stands under.

    Attributes:
        text: As written, shortened.
        compares: Whether something is compared; a bare name asks only whether it is there.
        words: The names, members and texts in it.
    """

    __test__ = False
    text: str
    line: int
    compares: bool
    words: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A call and the conditions that it stands under, innermost first."""

    call: Call
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Param:
    """A parameter, its default, and the class that it is declared to be of ("" for none)."""

    name: str
    default: Expr | None = None
    kind: str = ""


@dataclass(slots=True, eq=False)
class Function:
    """A function, a method, or the body of a file (its name is "" then).

    Attributes:
        sets: What is assigned to each of its names, and in which function.
        puts: What is stored under a key of what one of its names holds: key, value, where.
        functions, classes: Declared in its body.
        owner: The class whose method it is.
        receiver: What a method calls its object, where each declares that (Go).
        declared: Names that it declares, in languages where that is written (`let x`).
        at_once: It is called where it is written, without arguments: but a scope.
    """

    name: str
    module: Module
    line: int
    outer: Function | None
    owner: Class | None = None
    params: list[Param] = field(default_factory=list)
    sets: dict[str, list[tuple[Expr, Function]]] = field(default_factory=dict)
    puts: dict[str, list[tuple[Expr, Expr, Function]]] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)
    returns: list[Expr] = field(default_factory=list)
    functions: dict[str, Function] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    decorators: list[Expr] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)
    receiver: str = ""
    at_once: bool = False

    @property
    def of_file(self) -> bool:
        """Whether it stands in the file itself, in no other function."""
        outer = self.outer
        while outer is not None and outer.at_once:
            outer = outer.outer
        return outer is self.module.top

    @property
    def names(self) -> set[str]:
        """What is declared in it."""
        own = {p.name for p in self.params}
        return own | self.sets.keys() | self.functions.keys() | self.classes.keys()

    def declares(self, name: str) -> bool:
        """Whether a name is its own."""
        if name in self.sets or name in self.functions or name in self.classes:
            return True
        return any(p.name == name for p in self.params)

    @property
    def given(self) -> tuple[Param, ...]:
        """The parameters that a caller writes: a method of Python is given itself unwritten."""
        static = any(isinstance(d, Name) and d.name == "staticmethod" for d in self.decorators)
        takes_self = self.owner is not None and self.module.language == "python" and not static
        return tuple(self.params[1:] if takes_self else self.params)

    @property
    def self_name(self) -> str:
        """What the method calls its object, "" for no method."""
        if self.owner is None:
            return ""
        if self.module.language != "python":
            return self.receiver or "this"
        return self.params[0].name if len(self.given) < len(self.params) else ""

    @property
    def is_property(self) -> bool:
        """Whether reading it calls it."""
        names = {d.name for d in self.decorators if isinstance(d, Name)}
        return bool(names & {"property", "cached_property"})


@dataclass(slots=True, eq=False)
class Class:
    """A class.

    Attributes:
        bases: Also the interfaces that it implements.
        sets: What is assigned to each attribute, and in which function.
        kinds: The class that an attribute is declared to be of.
    """

    name: str
    module: Module
    bases: list[Expr] = field(default_factory=list)
    methods: dict[str, Function] = field(default_factory=dict)
    sets: dict[str, list[tuple[Expr, Function]]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Module:
    """A file.

    Attributes:
        imports: Local name -> (module, symbol); the symbol is "" for the module itself.
        starts: Functions that the file itself hands to Lambda or to whoever loads it: exports of
            JavaScript, `lambda.Start(f)` of Go.
        key: Unique among the files of a program; its path, but for code inside a template.
        started_as: The name under which a function is handed over, where it has another.
        inner: The files that it holds, when it is a bundle.
        outer: The path of the bundle that holds it, "" for a file.
        beside: All files of its bundle, by what they are imported as.
        bundler: Who made it, "" when a person may have written it.
        origins: Which line of which source its places were written as.
        installed: Whether it is of an installed package: then it is not the function's own code.
        unread_line: The first line that the parser did not understand, 0 for none.
    """

    path: str
    language: str
    lines: tuple[str, ...]
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    starts: set[str] = field(default_factory=set)
    started_as: dict[str, str] = field(default_factory=dict)
    inner: list[Module] = field(default_factory=list)
    outer: str = ""
    beside: dict[str, Module] = field(default_factory=dict)
    bundler: str = ""
    origins: SourceMap | None = None
    unread_line: int = 0
    installed: bool = False
    key: str = ""
    top: Function = field(init=False)
    functions: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = self.key or self.path
        self.top = Function("", self, 1, None)
        self.functions.append(self.top)

    def settle(self) -> None:
        """Moves what was stored under another function's variable to that function."""
        for function in self.functions:
            for name in [n for n in function.puts if not function.declares(n)]:
                scope = function.outer
                while scope is not None and not scope.declares(name):
                    scope = scope.outer
                if scope is not None:
                    scope.puts.setdefault(name, []).extend(function.puts.pop(name))
            if self.language != "python":
                self._settle_sets(function)

    def _settle_sets(self, function: Function) -> None:
        own = function.declared | {p.name for p in function.params}
        for name in [n for n in function.sets if n not in own]:
            scope = function.outer
            while scope is not None and name not in scope.declared and scope.outer is not None:
                scope = scope.outer
            if scope is not None:
                scope.sets.setdefault(name, []).extend(function.sets.pop(name))

    def line(self, number: int) -> str:
        """A line, stripped and shortened, for evidence; credentials in it are not shown."""
        return hidden(self.lines[number - 1]).strip()[:160] if 0 < number <= len(self.lines) else ""

    def origin(self, call: Call) -> Origin | None:
        """Where a call was written, None when that is where it is, or nobody says."""
        if self.origins is None or not 0 < call.line <= len(self.lines):
            return None
        before = self.lines[call.line - 1].encode()[: call.column].decode("utf-8", "replace")
        return self.origins.at(call.line, len(before.encode("utf-16-le")) // 2)

    def shown(self, call: Call) -> str:
        """Place and code of a call, for evidence; of a long line the part that begins with it."""
        origin = self.origin(call)
        if origin is not None:
            code = hidden(origin.lines[-1]).strip()[:160] if origin.lines else ""
            return f"{self.path}:{call.line}, written as {origin} {code}".rstrip()
        code = self.line(call.line)
        if call.column >= len(code):
            behind = self.lines[call.line - 1].encode()[call.column :][:1000]
            code = hidden(behind.decode("utf-8", "ignore"))[:160]
        return f"{self.path}:{call.line} {code}"
