"""What this action writes into Lambda's Description fields, and reads back as hints.

A version's Description is immutable, an alias' is written in the same call that moves it. Both can
be written by others, so what is read here is never trusted: every use verifies the version it
leads to. Each record carries a seal over what it was made for (account, region, function, alias,
version, code and configuration): one that was copied from elsewhere, or that stands on an alias
which was moved since, does not fit. It is no signature: who may write the field can make one.

Pure: imports nothing. Limit: 256 characters (botocore model, shape Description), counted as UTF-16
does: the narrower reading, so that the last call of a deploy is not refused for a long reason.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final, Self

from signed_lambda.lazy import dataclass, regex

LIMIT: Final = 256
SEAL_DIGITS: Final = 32
"""Of SHA-256's 64: 128 bits are more than anybody finds a second text for, and the rest is for the
reason."""
_VERSION_FORM: Final = regex(
    r"signed-lambda/1 build=(?P<build>[0-9a-f]{64}) commit=(?P<commit>[0-9a-f]{40}|-)"
    r" run=(?P<run>\d+)\.(?P<attempt>\d+) for=(?P<seal>[0-9a-f]{32})",
    re.ASCII,
)
_ALIAS_FORM: Final = regex(
    r"signed-lambda/1 (?P<command>[a-z]+) previous=(?P<previous>\d+|-)"
    r" run=(?P<run>\d+)\.(?P<attempt>\d+) commit=(?P<commit>[0-9a-f]{40}|-)"
    r" for=(?P<seal>[0-9a-f]{32})(?: reason=(?P<reason>.*))?",
    re.ASCII | re.DOTALL,
)


def version_seal(function_arn: str, build: str, content: str) -> str:
    """What a version's record is made for.

    Args:
        function_arn: Unqualified.
        build: Hex SHA-256 of the unsigned build.
        content: Hex of the version's code-and-config hash.
    """
    return _seal("signed-lambda-version/1", function_arn, build, content)


def alias_seal(function_arn: str, alias: str, version: str, content: str) -> str:
    """What an alias' record is made for: exactly this content, behind this alias.

    Args:
        function_arn: Unqualified.
        alias: Its name.
        version: The number that it was moved to.
        content: Hex of that version's code-and-config hash.
    """
    return _seal("signed-lambda-alias/1", function_arn, alias, version, content)


def _seal(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:SEAL_DIGITS]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecord:
    """The Description of a version that this action published.

    Attributes:
        build: Hex SHA-256 of the unsigned build.
        commit: 40 hex digits, "" when unknown.
        run, attempt: Of the workflow run, 0 outside GitHub.
        seal: Of `version_seal`.
    """

    build: str
    commit: str
    run: int
    attempt: int
    seal: str

    def __str__(self) -> str:
        return (
            f"signed-lambda/1 build={self.build} commit={self.commit or '-'}"
            f" run={self.run}.{self.attempt} for={self.seal}"
        )

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
            seal=found["seal"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasRecord:
    """The Description of an alias that this action moved.

    Attributes:
        command: "deploy", "rollback", "promote".
        previous: The version before the move, "" when the alias was created by it.
        seal: Of `alias_seal`.
        reason: What the user gave, cut to the limit.
    """

    command: str
    previous: str
    run: int
    attempt: int
    commit: str
    seal: str
    reason: str = ""

    def __str__(self) -> str:
        text = (
            f"signed-lambda/1 {self.command} previous={self.previous or '-'}"
            f" run={self.run}.{self.attempt} commit={self.commit or '-'} for={self.seal}"
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
            seal=found["seal"],
            reason=found["reason"] or "",
        )

    @property
    def by(self) -> str:
        """Who made the move, for a reader."""
        return f"run {self.run}.{self.attempt}" if self.run else "a run outside of GitHub"

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
