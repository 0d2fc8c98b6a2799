"""How something stands, and which of it `--apply` makes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from signed_lambda.errors import AccessError

State = Literal["ok", "missing", "differs", "unseen"]
"""ok; not there; there in another form; not known: a read was denied, or a name is missing."""
Change = Literal["bucket", "code-signing", "roles"]
CHANGES: Final[tuple[Change, ...]] = ("bucket", "code-signing", "roles")
"""What may be somebody else's, and is changed only when `--change` names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that a deploy needs, and how it stands.

    Attributes:
        part: "bucket versioning".
        what: What was found, one phrase.
        do: Who can mend it, and how; "" where it is ok or `make` says it all. A second line is a
            command.
        make: Makes it; None where nothing here can.
        needs: IAM actions of `make`.
        change: It exists already and may be somebody else's: `make` waits for `--change` this.
        blocks: As long as it is not ok, nothing else is made.
    """

    part: str
    state: State
    what: str
    do: str = ""
    make: Callable[[], object] | None = None
    needs: tuple[str, ...] = ()
    change: Change | None = None
    blocks: bool = False


def unseen(part: str, error: AccessError) -> Item:
    """A look that was denied: its own state, which is not "missing"."""
    return Item(
        part=part,
        state="unseen",
        what=f"cannot be seen: needs {error.missing}",
        do=error.problems[0].do,
    )


def to_make(items: Iterable[Item], changes: Collection[Change]) -> tuple[Item, ...]:
    """The items that are to be made, in their order."""
    return tuple(
        item
        for item in items
        if item.state != "ok"
        and item.make is not None
        and (item.change is None or item.change in changes)
    )


def in_the_way(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items for which nothing at all is made: what is not known, and what blocks."""
    return tuple(i for i in items if i.state == "unseen" or (i.blocks and i.state != "ok"))


def remedy(item: Item) -> str:
    """Who may mend it, and how; "" where nothing but --apply is needed."""
    needs = f"by somebody with {', '.join(item.needs)}" if item.needs else ""
    if item.make is None or not needs:
        return item.do
    if item.change is not None:
        return f"{item.do}: --apply --change {item.change}, {needs}"
    return f"{item.do or '--apply makes it'}, {needs}"
