"""The shape of one row in the table of inputs.

Imports `commands` for a type only. The rows themselves stand in `table`.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Generic, TypeVar

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signed_lambda.inputs.commands import CommandName

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, kw_only=True)  # slots and Generic do not mix in Python 3.11
class Spec(Generic[T_co]):
    """One input of the action: its name, form, default, and what a person must know of it.

    Attributes:
        name: Kebab-case, as in a workflow.
        help: What it does and its form; whole sentences.
        parse: From a value that is not empty. Raises `BadValueError`.
        absent: The value where neither the workflow nor the default gives one.
        default: As written in action.yml; "" is none.
        expression: A default that only GitHub can compute ("${{ ... }}"); the program itself has
            none then.
        example: As written in a workflow; "" where the default or the help serves.
        only_for: Commands for which it means something; with any other it is refused. None: all,
            or harmless where it means nothing, so that one `with:` block can serve two commands.
        used_by: Commands that look at it, where these are fewer than may be given it; None: those.
        many_lines: One value a line; else a line break is refused.
        lines_for: Commands that take several values, one a line, with the parser of all of them.
        free_text: Blanks and joiners of other scripts are taken.
        secret: Its value is never shown.
    """

    name: str
    help: str
    parse: Callable[[str], T_co]
    absent: T_co
    default: str = ""
    expression: str = ""
    example: str = ""
    only_for: tuple[CommandName, ...] | None = None
    used_by: tuple[CommandName, ...] | None = None
    many_lines: bool = False
    lines_for: Mapping[CommandName, Callable[[str], T_co]] = field(default_factory=dict)
    free_text: bool = False
    secret: bool = False

    def is_read_by(self, command: CommandName) -> bool:
        """Whether the command looks at it."""
        readers = self.used_by or self.only_for
        return readers is None or command in readers

    @property
    def variable(self) -> str:
        """The environment variable by which the runner passes it: hyphens stay.

        Source: https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax
        """
        return f"INPUT_{self.name.upper()}"
