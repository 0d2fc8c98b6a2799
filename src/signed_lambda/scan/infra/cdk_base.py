"""What all parts of the reader of CDK applications share: constructs, their settings, edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.evaluate import Evaluator
from signed_lambda.scan.form import Call, Member, Name, Row, Table, Text
from signed_lambda.scan.infra.cdk_names import (
    ATTRIBUTES,
    camel,
    pairs_of,
    snake,
)
from signed_lambda.scan.infra.model import Edge, KeyFilter, Place
from signed_lambda.scan.library import CONSTRUCT
from signed_lambda.scan.messages import known
from signed_lambda.scan.values import (
    Env,
    Frame,
    Lit,
    Obj,
    Path,
    Ref,
    Str,
    joined,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.scan.form import Expr
    from signed_lambda.scan.form import Function as CodeFunction
    from signed_lambda.scan.infra.model import Infra
    from signed_lambda.scan.infra.object_events import ObjectEvents
    from signed_lambda.scan.matching import Known
    from signed_lambda.scan.program import Program
    from signed_lambda.scan.selection import Filter, Selection
    from signed_lambda.scan.values import Value
    from signed_lambda.scan.watch import Watch

URL: Final = "#url"
"""What the id of a function's URL ends with, behind the function's."""


class Stacks:
    """The stacks of an application, and what is told of them."""

    def __init__(self, program: Program, infra: Infra, watch: Watch) -> None:
        self.infra = infra
        self.evaluator = Evaluator(program, watch)
        self.rules: dict[str, tuple[Str, Filter]] = {}
        self.objects: dict[str, list[ObjectEvents]] = {}

    def _says(self, call: Call, name: str, what: str, frame: Frame) -> bool:
        """Whether a setting is `what`, as a text or as a member of an enumeration."""
        found = self._prop(call, name, frame)
        atom = found.atoms[-1] if found is not None and found.atoms else None
        said = atom.text if isinstance(atom, Lit) else atom.of if isinstance(atom, Ref) else ""
        return said.rpartition(".")[2].lower() == what.lower()

    def _items(self, call: Call) -> Iterator[tuple[str, Expr]]:
        for expr in self._props(call):
            for key, value in expr.items if isinstance(expr, Table) else ():
                if isinstance(key, Text):
                    yield key.text, value

    def _props(self, call: Call) -> tuple[Expr, ...]:
        return call.args[2:3]

    def _prop(self, call: Call, name: str, frame: Frame) -> Str | None:
        for key, expr in call.named:
            if key in (name, snake(name)):
                return self._value(expr, frame)
        for expr in self._props(call):
            found = self._value(Member(expr, Text(name)), frame)
            if found is not None:
                return found
        return None

    def _value(self, expr: Expr, frame: Frame) -> Str | None:
        """What an expression means in the template, None when nothing is known of it."""
        for value in self.evaluator.values(expr, frame):
            found = self._as_template(value, frame)
            if found is not None:
                return found
        return None

    def _as_template(self, value: Value, frame: Frame) -> Str | None:
        if not isinstance(value, Str):
            return None
        parts = [self._atom(atom, frame) for atom in value.atoms]
        known = [p for p in parts if p is not None]
        return joined(tuple(known)) if known and len(known) == len(parts) else None

    def _atom(self, atom: object, frame: Frame) -> Str | None:
        if isinstance(atom, Path) and atom.root.startswith(CONSTRUCT):
            if "addFunctionUrl()" in map(camel, atom.steps):
                return Str((Ref(f"{atom.root}{URL}", atom.steps[-1]),))
            return Str((Ref(atom.root, atom.steps[-1] if atom.steps else ""),))
        if isinstance(atom, Path):
            steps = [s for s in atom.steps if s not in ATTRIBUTES]
            where = frame.function.module.path
            return Str((Ref(f"param:{where}:{'.'.join((atom.root, *steps))}"),))
        if isinstance(atom, Env):
            return Str((Ref(f"param:env:{atom.name}"),))
        return Str((atom,)) if isinstance(atom, Lit) else None

    def _made(self, call: Call, frame: Frame) -> str | None:
        for value in self.evaluator.values(call, frame):
            path = value.path if isinstance(value, Str) else None
            if path is not None and path.root.startswith(CONSTRUCT):
                return path.root
        return None

    def _place(self, call: Call, frame: Frame) -> Place:
        module = frame.function.module
        return Place(module.path, call.line, module.line(call.line))

    def edge(
        self,
        source: Str | None,
        kind: str,
        target: Str | None,
        target_kind: str,
        call: Call,
        frame: Frame,
        *,
        filters: tuple[KeyFilter, ...] = (),
        events: tuple[str, ...] = (),
        how: str = "",
        selects: bool = False,
        takes: Selection | None = None,
    ) -> None:
        """Keeps an edge whose ends are known."""
        if source is not None and target is not None:
            place = self._place(call, frame)
            self.infra.edges.append(
                Edge(
                    *(source, kind, target, target_kind, place, filters, events, True, how),
                    selects=selects,
                    takes=takes,
                )
            )

    def _written(self, expr: Expr | None, frame: Frame) -> Iterator[Call]:
        """The call that makes a value, where it is written or where its variable is set."""
        if isinstance(expr, Call):
            yield expr
        elif isinstance(expr, Name):
            scope: CodeFunction | None = frame.function
            while scope is not None and not scope.declares(expr.name):
                scope = scope.outer
            stored = scope.sets.get(expr.name, ()) if scope is not None else ()
            yield from (v for v, _ in stored if isinstance(v, Call))
        elif isinstance(expr, Member) and isinstance(expr.key, Text):
            around: CodeFunction | None = frame.function
            while around is not None and around.owner is None:
                around = around.outer
            sets = around.owner.sets if around is not None and around.owner else {}
            yield from (v for v, _ in sets.get(expr.key.text, ()) if isinstance(v, Call))

    def _members_of(self, holder: Expr, name: str, frame: Frame) -> list[tuple[Expr, Frame]]:
        """A member of a table or of a call, also where a variable has it."""
        found = self._members(holder, name, frame)
        for made in self._written(holder, frame) if not found else ():
            found += self._members(made, name, frame)
        return found

    def _members(self, expr: Expr, name: str, frame: Frame) -> list[tuple[Expr, Frame]]:
        """What a setting of a table, or of a call with named arguments, is, in both spellings."""
        found = [(v, frame) for k, v in pairs_of(expr) if k in (name, snake(name))]
        if found or isinstance(expr, Table | Call):
            return found
        for value in self.evaluator.values(expr, frame):
            if isinstance(value, Obj) and isinstance(value.expr, Table):
                found += self._members(value.expr, name, value.frame)
        return found

    def _settings(self, call: Call, name: str, frame: Frame) -> list[tuple[Expr, Frame]]:
        found = [(v, frame) for k, v in call.named if k in (name, snake(name))]
        for expr in (*self._props(call), *call.args[:2]):
            if isinstance(expr, Table | Name):
                found += self._members(expr, name, frame)
        return found

    def _rows(self, found: list[tuple[Expr, Frame]]) -> Iterator[tuple[Expr, Frame]]:
        for expr, frame in found:
            for item in expr.items if isinstance(expr, Row) else ():
                yield item, frame

    def _known(self, expr: Expr, frame: Frame) -> Known:
        return known(self.evaluator.values(expr, frame), self.evaluator)

    def _ref_in(self, value: Str | None) -> str:
        """What a value refers to, "" for nothing."""
        atom = value.atoms[0] if value is not None and value.atoms else None
        return atom.of if isinstance(atom, Ref) else ""
