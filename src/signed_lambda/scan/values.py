"""What is known of a value: texts with holes, members of something unseen, objects, clients.

The lattice is small on purpose. A text is a row of atoms: literal parts, environment variables,
paths (members of a parameter or of anything else that only the run knows), and holes.
Pure: imports `form`.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from signed_lambda.scan.form import Call, Class, Expr, Function, Module, Row, Table


@dataclass(frozen=True, slots=True)
class Lit:
    """A known text."""

    text: str


IN_JSON: Final = "#"
"""Between the name of a variable that holds JSON and the members in it: `CONFIG#queue`."""


@dataclass(frozen=True, slots=True)
class Env:
    """An environment variable, or a member of the JSON in one."""

    name: str


@dataclass(frozen=True, slots=True)
class Path:
    """Members of something that is known by its name only: `event.Records[0].s3`."""

    root: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ref:
    """Something of a template that only the deployment knows: a resource, a parameter.

    Attributes:
        of: The resource's id; "param:X" for a parameter, "AWS::Region" and the like.
        attribute: "Arn" and the like, "" for the reference itself.
    """

    of: str
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Hole:
    """Unknown."""


Atom = Lit | Env | Path | Ref | Hole


@dataclass(frozen=True, slots=True)
class Str:
    """A text, or any other thing that is known by one path only."""

    atoms: tuple[Atom, ...]

    @property
    def literal(self) -> str | None:
        """The whole text, None when a part of it is not known."""
        if all(isinstance(a, Lit) for a in self.atoms):
            return "".join(a.text for a in self.atoms if isinstance(a, Lit))
        return None

    @property
    def path(self) -> Path | None:
        """The path, when it is nothing but one."""
        only = self.atoms[0] if len(self.atoms) == 1 else None
        return only if isinstance(only, Path) else None


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """An argument as it was written, and where: read when it is asked for."""

    expr: Expr
    frame: Frame


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A function with what its parameters were given, as far as a caller was seen.

    Attributes:
        this: The object whose method it is.
        call, caller: The call that entered it, and where that stands.
    """

    function: Function
    bound: dict[str, Given | tuple[Value, ...]] = field(default_factory=dict)
    outer: Frame | None = None
    this: Inst | None = None
    call: Call | None = None
    caller: Frame | None = None


@dataclass(frozen=True, slots=True)
class Obj:
    """A table or a list, with the frame that its members are to be read in.

    Attributes:
        puts: What was stored in it later.
    """

    expr: Table | Row
    frame: Frame
    puts: tuple[tuple[Expr, Expr, Function], ...] = ()


@dataclass(frozen=True, slots=True)
class Func:
    """A function, as a value; the frame is the one that it was made in."""

    function: Function
    outer: Frame | None = None
    this: Inst | None = None


@dataclass(frozen=True, slots=True)
class Cls:
    """A class of the package."""

    cls: Class


@dataclass(frozen=True, slots=True, eq=False)
class Inst:
    """An object of a class of the package.

    Attributes:
        init: The frame of its constructor, if seen.
        call, caller: What made it without one (a data class), and where that stands.
    """

    cls: Class
    init: Frame | None = None
    call: Call | None = None
    caller: Frame | None = None


@dataclass(frozen=True, slots=True)
class Mod:
    """A file of the package."""

    module: Module


@dataclass(frozen=True, slots=True)
class Client:
    """A client of an AWS service, or a resource of one ("bucket", "table", "queue", "topic").

    Attributes:
        names: What the resource is called: (bucket,), (bucket, key), (table,).
    """

    service: str
    kind: str = ""
    names: tuple[tuple[Value, ...], ...] = ()


Value = Str | Obj | Func | Cls | Inst | Mod | Client

UNSEEN: Final = Str((Hole(),))
MAX_ATOMS: Final = 40
"""Parts of a text: what is put together of more (`a + b` in circles) is unknown."""


def text(value: str) -> Str:
    """A literal."""
    return Str((Lit(value),))


def joined(parts: tuple[Value, ...]) -> Str:
    """Texts put together; neighbouring literals become one."""
    atoms: list[Atom] = []
    for part in parts:
        for atom in part.atoms if isinstance(part, Str) else (Hole(),):
            last = atoms[-1] if atoms else None
            if atom == Lit(""):
                continue
            if isinstance(atom, Lit) and isinstance(last, Lit):
                atoms[-1] = Lit(last.text + atom.text)
            else:
                atoms.append(atom)
        if len(atoms) > MAX_ATOMS:
            return UNSEEN
    return Str(tuple(atoms) or (Lit(""),))
