"""A document as data, whoever wrote it down: texts, lists and tables with lines and tags. Pure."""

from __future__ import annotations

from typing import Final

from signed_lambda.lazy import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A node.

    Attributes:
        tag: A short-form tag of CloudFormation ("!Ref"), "" for none.
        value: A text, a table or a list.
    """

    line: int
    tag: str
    value: str | dict[str, Tree] | tuple[Tree, ...]

    @property
    def text(self) -> str:
        """The scalar, "" for anything else."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def table(self) -> dict[str, Tree]:
        """The members, empty for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> tuple[Tree, ...]:
        """The list; a table or a text that stands for a list of one is one."""
        if isinstance(self.value, tuple):
            return self.value
        return (self,) if self.value else ()

    def get(self, *keys: str) -> Tree:
        """The member at a path, `NOTHING` where there is none."""
        found = self
        for key in keys:
            found = found.table.get(key, NOTHING)
        return found

    def __bool__(self) -> bool:
        return bool(self.value)


NOTHING: Final = Tree(0, "", "")
