"""What all parts of the reader of CloudFormation share: values, places and edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.infra.intrinsics import value_of
from signed_lambda.scan.infra.model import (
    Edge,
    KeyFilter,
    Place,
)
from signed_lambda.scan.values import Ref, Str

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from signed_lambda.scan.infra.document import Tree
    from signed_lambda.scan.infra.model import Infra
    from signed_lambda.scan.selection import Selection
    from signed_lambda.scan.values import Atom

OFF: Final = ("false", "disabled")
"""How a trigger says that it is none."""
IMPLICIT: Final = {"Api": "ServerlessRestApi", "HttpApi": "ServerlessHttpApi"}
"""What SAM calls the APIs that it makes.

Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
"""


class Template:
    """One template, and what is told of it."""

    def __init__(
        self,
        path: str,
        tree: Tree,
        infra: Infra,
        lines: tuple[str, ...],
        others: Mapping[str, Tree],
    ) -> None:
        self.path, self.tree, self.infra, self.lines = path, tree, infra, lines
        self.others = others
        self.resources = tree.get("Resources").table
        urls = (n for n, r in self.resources.items() if r.get("Properties", "FunctionUrlConfig"))
        self.made = {*IMPLICIT.values(), *(f"{name}Url" for name in urls)}

    def id(self, name: str) -> str:
        """The id of a resource of this template."""
        return f"{self.path}#{name}"

    def place(self, tree: Tree, path: str = "") -> Place:
        """Where a node stands, in this file or in another."""
        if path and path != self.path:
            return Place(path, tree.line)
        text_there = (
            self.lines[tree.line - 1].strip()[:160] if 0 < tree.line <= len(self.lines) else ""
        )
        return Place(self.path, tree.line, text_there)

    def value(self, tree: Tree) -> Str:
        """A value with its references."""
        return value_of(tree, self._reference)

    def _reference(self, name: str, attribute: str) -> Atom:
        if name in self.resources or name in self.made:
            if attribute.startswith("Outputs."):  # of a nested stack: each one is another thing
                return Ref(f"{self.id(name)}.{attribute}")
            return Ref(self.id(name), attribute)
        return Ref(name if name.startswith("AWS::") else f"param:{name}", attribute)

    def _same(self, identity: str, value: Str) -> None:
        """Two ids of one thing; one that two stacks give different things is nobody's."""
        only = value.atoms[0] if len(value.atoms) == 1 else None
        if isinstance(only, Ref) and self.infra.aliases.setdefault(identity, only.of) != only.of:
            self.infra.aliases[identity] = identity

    def edge(
        self,
        source: Str,
        source_kind: str,
        target: Str,
        target_kind: str,
        at: Tree,
        *,
        filters: tuple[KeyFilter, ...] = (),
        events: tuple[str, ...] = (),
        certain: bool = True,
        how: str = "",
        selects: bool = False,
        path: str = "",
        guard: str = "",
        takes: Selection | None = None,
    ) -> None:
        """Keeps an edge."""
        self.infra.edges.append(
            Edge(
                source,
                source_kind,
                target,
                target_kind,
                self.place(at, path),
                filters,
                events,
                certain,
                how,
                selects,
                guard,
                takes,
            )
        )

    def target_id(self, tree: Tree) -> str:
        """The id of the resource that a value refers to, "" for none."""
        atoms = self.value(tree).atoms if tree else ()
        return atoms[0].of if atoms and isinstance(atoms[0], Ref) else ""

    def _destination(self, source: Str, to: Tree) -> None:
        if not to:
            return
        target = self.value(to)
        kind = self.infra.kind_of(target)
        if kind:
            self.edge(source, "function", target, kind, to, how="destination")


def key_filters(given: Tree) -> tuple[KeyFilter, ...]:
    """Which keys pass, as CloudFormation and SAM write it."""
    rules = given.get("S3Key", "Rules").items
    return filter_of((r.get("Name").text, r.get("Value").text) for r in rules) if rules else ()


def filter_of(rules: Iterable[tuple[str, str]]) -> tuple[KeyFilter, ...]:
    """What the rules of one filter say, by name and value."""
    found = {name.lower(): value for name, value in rules}
    return (KeyFilter(found.get("prefix", ""), found.get("suffix", "")),)
