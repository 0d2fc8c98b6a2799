"""What this action writes into Lambda's Description fields, and reads back as hints.

A version's Description is immutable, an alias' is written in the same call that moves it. Both can
be written by others, so what is read here is never trusted: every use verifies the version it
leads to.

Pure: imports nothing. Limit: 256 characters (botocore model, shape Description), counted as UTF-16
does: the narrower reading, so that the last call of a deploy is not refused for a long reason.
"""

from __future__ import annotations

import re
from typing import Final, Self

from signed_lambda.lazy import dataclass

LIMIT: Final = 256
_VERSION_FORM: Final = re.compile(
    r"signed-lambda/1 build=(?P<build>[0-9a-f]{64}) commit=(?P<commit>[0-9a-f]{40}|-)"
    r" run=(?P<run>\d+)\.(?P<attempt>\d+)",
    re.ASCII,
)
_ALIAS_FORM: Final = re.compile(
    r"signed-lambda/1 (?P<command>[a-z]+) previous=(?P<previous>\d+|-)"
    r" run=(?P<run>\d+)\.(?P<attempt>\d+) commit=(?P<commit>[0-9a-f]{40}|-)"
    r"(?: reason=(?P<reason>.*))?",
    re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecord:
    """The Description of a version that this action published.

    Attributes:
        build: Hex SHA-256 of the unsigned build.
        commit: 40 hex digits, "" when unknown.
        run, attempt: Of the workflow run, 0 outside GitHub.
    """

    build: str
    commit: str
    run: int
    attempt: int

    def __str__(self) -> str:
        run = f"{self.run}.{self.attempt}"
        return f"signed-lambda/1 build={self.build} commit={self.commit or '-'} run={run}"

    @classmethod
    def parse(cls, description: str) -> Self | None:
        """The record, or None when the description is not one of ours."""
        found = _VERSION_FORM.fullmatch(description)
        if found is None:
            return None
        return cls(
            build=found["build"],
            commit=found["commit"].replace("-", ""),
            run=int(found["run"]),
            attempt=int(found["attempt"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasRecord:
    """The Description of an alias that this action moved.

    Attributes:
        command: "deploy", "rollback", "promote".
        previous: The version before the move, "" when the alias was created by it.
        reason: What the user gave, cut to the limit.
    """

    command: str
    previous: str
    run: int
    attempt: int
    commit: str
    reason: str = ""

    def __str__(self) -> str:
        text = (
            f"signed-lambda/1 {self.command} previous={self.previous or '-'}"
            f" run={self.run}.{self.attempt} commit={self.commit or '-'}"
        )
        return _cut(f"{text} reason={self.reason}") if self.reason else text

    @classmethod
    def parse(cls, description: str) -> Self | None:
        """The record, or None when the description is not one of ours."""
        found = _ALIAS_FORM.fullmatch(description)
        if found is None:
            return None
        return cls(
            command=found["command"],
            previous=found["previous"].replace("-", ""),
            run=int(found["run"]),
            attempt=int(found["attempt"]),
            commit=found["commit"].replace("-", ""),
            reason=found["reason"] or "",
        )

    def is_of_rollback(self, run: int) -> bool:
        """Whether a rollback of the given run left it, in any attempt; never, where it is 0."""
        return self.command == "rollback" and self.run == run != 0

    def is_newer_than(self, run: int, attempt: int) -> bool:
        """Whether the recorded run came after the given one; never, where one is unknown (0)."""
        return bool(self.run and run) and (self.run, self.attempt) > (run, attempt)


def _cut(text: str) -> str:
    """The longest beginning of the text that takes at most `LIMIT` UTF-16 units."""
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * LIMIT]
    return units.decode("utf-16-le", "ignore")
