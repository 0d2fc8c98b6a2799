"""An answer of AWS whose members are looked at before they are used.

A member that is missing or of another type becomes `NotAnAnswer`, which names the member and never
holds its value: answers of Lambda carry the function's environment in clear.

May import model only, and nothing of botocore. Never lets an untyped value out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, cast

from signed_lambda.model import Sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN_CHARACTERS: Final = 300


class NotAnAnswer(Exception):
    """What came back is not what AWS answers: HTML, cut off, a member missing or ill-typed.

    Attributes:
        reason: For the message ("no 'Version'"); holds no value of the answer.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def shown(text: str) -> str:
    """Foreign text for a message: at most 300 characters, on one line, all of them visible."""
    clipped = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."
    return "".join(c if c.isprintable() else "?" for c in clipped)


class Stream(Protocol):
    """A body that is read piece by piece."""

    def read(self, amt: int | None = None) -> bytes:
        """At most `amt` bytes; empty at the end, where a body that was cut off raises."""
        ...


class Answer:
    """The members of a parsed answer, or of a structure inside it.

    Attributes:
        members: Read-only.
    """

    def __init__(self, members: Mapping[str, object], path: str = "") -> None:
        """Takes the members and where they stand ("" or "source.s3.")."""
        self.members: Final = MappingProxyType(dict(members))
        self._path = path

    def __repr__(self) -> str:
        return f"Answer({self._path or 'whole'}: {', '.join(map(str, self.members))})"

    def _missing(self, name: str) -> NotAnAnswer:
        return NotAnAnswer(f"no '{self._path}{name}'")

    def _ill(self, name: str, expected: str) -> NotAnAnswer:
        return NotAnAnswer(f"'{self._path}{name}' is not {expected}")

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self.members.get(name) is not None

    def maybe_text(self, name: str) -> str | None:
        """A text; None when it is missing or null.

        Raises:
            NotAnAnswer: It is of another type.
        """
        value = self.members.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self._ill(name, "a text")

    def text(self, name: str) -> str:
        """A text that is not empty.

        Raises:
            NotAnAnswer: It is missing, empty or of another type.
        """
        value = self.maybe_text(name)
        if not value:
            raise self._missing(name)
        return value

    def number(self, name: str) -> int:
        """A whole number, not negative.

        Raises:
            NotAnAnswer: It is missing, negative or of another type.
        """
        value = self.members.get(name)
        if value is None:
            raise self._missing(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._ill(name, "a number")
        return value

    def time(self, name: str) -> datetime:
        """A moment, in UTC.

        Raises:
            NotAnAnswer: It is missing or of another type.
        """
        value = self.members.get(name)
        if value is None:
            raise self._missing(name)
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self._ill(name, "a time")
        return value.astimezone(UTC)

    def sha256(self, name: str) -> Sha256:
        """A SHA-256 in base64.

        Raises:
            NotAnAnswer: It is missing or of another form.
        """
        text = self.text(name)
        try:
            return Sha256.from_b64(text)
        except ValueError:
            raise self._ill(name, "a SHA-256 in base64") from None

    def stream(self, name: str) -> Stream:
        """A body to be read.

        Raises:
            NotAnAnswer: It is missing.
        """
        value = self.members.get(name)
        if not hasattr(value, "read"):
            raise self._missing(name)
        return cast("Stream", value)

    def maybe_inside(self, name: str) -> Answer | None:
        """A structure; None when it is missing or null.

        Raises:
            NotAnAnswer: It is of another type.
        """
        value = self.members.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._ill(name, "a structure")
        return Answer(value, f"{self._path}{name}.")

    def inside(self, name: str) -> Answer:
        """A structure.

        Raises:
            NotAnAnswer: It is missing or of another type.
        """
        value = self.maybe_inside(name)
        if value is None:
            raise self._missing(name)
        return value

    def items(self, name: str) -> tuple[Answer, ...]:
        """A list of structures; empty when it is missing (AWS leaves empty lists out).

        Raises:
            NotAnAnswer: It, or an element, is of another type.
        """
        found = []
        for number, value in enumerate(self._list(name)):
            if not isinstance(value, dict):
                raise self._ill(f"{name}[{number}]", "a structure")
            found.append(Answer(value, f"{self._path}{name}[{number}]."))
        return tuple(found)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty when it is missing.

        Raises:
            NotAnAnswer: It, or an element, is of another type.
        """
        found = []
        for number, value in enumerate(self._list(name)):
            if not isinstance(value, str):
                raise self._ill(f"{name}[{number}]", "a text")
            found.append(value)
        return tuple(found)

    def shares(self, name: str) -> Mapping[str, float]:
        """Shares of traffic by version, each 0..1; empty when the member is missing.

        Raises:
            NotAnAnswer: It, or a share, is of another type or range.
        """
        inside = self.maybe_inside(name)
        found: dict[str, float] = {}
        for key, value in (inside.members if inside else {}).items():
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
                raise self._ill(f"{name}.{shown(key)}", "a share from 0 to 1")
            found[key] = float(value)
        return MappingProxyType(found)

    def _list(self, name: str) -> list[object]:
        value = self.members.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._ill(name, "a list")
        return value
