"""Gitignore-style patterns: what `include`, `exclude` and `.lambdaignore` say about a name.

The matcher is our own because the patterns come with the code under review: the library for this
(pathspec 1.1.1) turns them into backtracking expressions, where "**/a/**/a/**/b" on one long path
took 40 s. Here each name costs at most (parts of the name) x (parts of the pattern) steps, each
linear in the part. Same meaning as git's; tests compare with `git check-ignore`.

Pure: imports errors and names; never opens a file.

Source: https://git-scm.com/docs/gitignore
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import Problem, SourceError
from signed_lambda.lazy import dataclass
from signed_lambda.package.names import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PATTERNS_MAX: Final = 1_000
"""Patterns in all; each is tried on each name."""
PATTERN_CHARACTERS_MAX: Final = 1_000

_ANY_FOLDERS: Final = "**"


@dataclass(frozen=True, slots=True)
class Line:
    """One line as written, and where.

    Attributes:
        text: Without its line end.
        place: For messages: "exclude, line 3".
    """

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One pattern, cut into the parts between slashes."""

    negated: bool
    folders_only: bool
    parts: tuple[str | re.Pattern[str], ...]

    def matches(self, parts: Sequence[str], *, folder: bool) -> bool:
        if self.folders_only and not folder:
            return False
        return _match_parts(self.parts, parts)


class Patterns:
    """A list of patterns, of which the last that matches decides."""

    def __init__(self, lines: Iterable[Line]) -> None:
        """Parses the lines; blank ones and comments ("# ...") say nothing.

        Raises:
            SourceError: E-SOURCE-14 for every line that is not a valid pattern.
        """
        problems: list[Problem] = []
        patterns: list[_Pattern] = []
        for line in lines:
            try:
                pattern = _parse(line.text)
            except ValueError as error:
                problems.append(
                    Problem(
                        "E-SOURCE-14",
                        f"'{shown(line.text)}' ({line.place}) is not a pattern: {error}",
                        "Write it as in a .gitignore file",
                    )
                )
                continue
            if pattern is not None:
                patterns.append(pattern)
        if len(patterns) > PATTERNS_MAX:
            problems.append(
                Problem(
                    "E-SOURCE-14",
                    f"{len(patterns):,} patterns; at most {PATTERNS_MAX:,} are taken",
                    "Exclude folders instead of single files",
                )
            )
        if problems:
            raise SourceError(*problems)
        self._patterns: Final = tuple(patterns)

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def decide(self, name: str, *, folder: bool) -> bool | None:
        """True if the last pattern that matches is plain, False if it is negated, None if none.

        Args:
            name: "/"-separated, without a closing "/".
            folder: Whether the name is a folder's.
        """
        if not self._patterns:
            return None
        parts = name.split("/")
        for pattern in reversed(self._patterns):
            if pattern.matches(parts, folder=folder):
                return not pattern.negated
        return None


def _match_parts(pattern: tuple[str | re.Pattern[str], ...], parts: Sequence[str]) -> bool:
    """Whether the parts of a name match; "**" stands for any number of folders.

    Greedy with one point of return (the last "**"), as is known for "*" in globs: what an earlier
    "**" took too little of, the later one can take.
    """
    at = here = 0
    back_at, back_here = -1, 0
    while here < len(parts):
        if at < len(pattern) and pattern[at] == _ANY_FOLDERS:
            back_at, back_here = at, here
            at += 1
        elif at < len(pattern) and _match_part(pattern[at], parts[here]):
            at += 1
            here += 1
        elif back_at >= 0:
            back_here += 1
            at, here = back_at + 1, back_here
        else:
            return False
    return at == len(pattern)


def _match_part(pattern: str | re.Pattern[str], part: str) -> bool:
    if isinstance(pattern, str):
        return pattern == part
    return pattern.fullmatch(part) is not None


def _parse(text: str) -> _Pattern | None:
    """The pattern of a line; None for a blank line or a comment.

    Raises:
        ValueError: Not a pattern; says why.
    """
    text = _without_trailing_spaces(text.removesuffix("\r"))
    if not text or text.startswith("#"):
        return None
    if len(text) > PATTERN_CHARACTERS_MAX:
        raise ValueError(f"more than {PATTERN_CHARACTERS_MAX:,} characters")
    if any(ord(c) < ord(" ") or ord(c) == 127 for c in text):  # noqa: PLR2004 - DEL
        raise ValueError("it holds a control character")
    negated = text.startswith("!")
    text = text.removeprefix("!")
    return _Pattern(negated, text.endswith("/"), _compile(text.removesuffix("/")))


def _compile(text: str) -> tuple[str | re.Pattern[str], ...]:
    """The parts of a pattern; it holds for any folder unless a "/" stands within or before it.

    Raises:
        ValueError: Not a pattern; says why.
    """
    anchored = "/" in text
    parts = text.removeprefix("/").split("/")
    if "" in parts:
        raise ValueError("nothing stands before or between its slashes")
    compiled: list[str | re.Pattern[str]] = [] if anchored else [_ANY_FOLDERS]
    for part in parts:
        if not anchored or len(part) == 1 or part.strip("*"):
            compiled.append(_compile_part(part))
        elif not compiled or compiled[-1] != _ANY_FOLDERS:  # git takes "****" as "**", too
            compiled.append(_ANY_FOLDERS)
    if compiled[-1] == _ANY_FOLDERS:
        compiled.append(_compile_part("*"))  # "a/**" is all that is in a, not a itself
    return tuple(compiled)


def _without_trailing_spaces(text: str) -> str:
    """Git ignores spaces at the end unless a backslash stands before them."""
    kept = text.rstrip(" ")
    backslashes = len(kept) - len(kept.rstrip("\\"))
    return kept + " " if backslashes % 2 and kept != text else kept


@lru_cache(maxsize=4 * PATTERNS_MAX)
def _compile_part(part: str) -> str | re.Pattern[str]:
    """The part as a literal, or as an expression that cannot backtrack over more than one star.

    Between two stars stands a run of single characters; its first place is as good as any later
    one, so it is taken for good (an atomic group).

    Raises:
        ValueError: A class or an escape that does not end.
    """
    runs: list[list[str]] = [[]]
    literal = ""
    at = 0
    while at < len(part):
        character = part[at]
        if character == "*":
            runs.append([])
        elif character == "?":
            runs[-1].append(".")
        elif character == "[":
            expression, at = _character_class(part, at)
            runs[-1].append(expression)
        else:
            if character == "\\":
                at += 1
                if at == len(part):
                    raise ValueError("a backslash stands at the end of it or before '/'")
            literal += part[at]
            runs[-1].append(re.escape(part[at]))
        at += 1
    pieces = ["".join(run) for run in runs]
    if len(pieces) == 1:
        if len(literal) == len(runs[0]):
            return literal
        return re.compile(pieces[0], re.DOTALL)
    middle = "".join(f"(?>.*?{piece})" for piece in pieces[1:-1] if piece)
    return re.compile(f"{pieces[0]}{middle}.*{pieces[-1]}", re.DOTALL)


def _character_class(part: str, at: int) -> tuple[str, int]:
    """The class that begins at `at`, as an expression, and the place of its closing bracket.

    Raises:
        ValueError: It does not end, is a named one, or its range is empty.
    """
    at += 1
    negated = part[at : at + 1] in {"!", "^"} and part[at : at + 1] != ""
    at += negated
    members: list[str] = []
    first = True
    while True:
        character, at = _class_member(part, at, first=first)
        if character is None:
            return f"[{'^' if negated else ''}{''.join(members)}]", at
        first = False
        if part[at : at + 1] == "-" and part[at + 1 : at + 2] not in {"", "]"}:
            last, at = _class_member(part, at + 1, first=True)
            if last is None or last < character:
                raise ValueError("a range in [...] runs backwards")
            members.append(f"{re.escape(character)}-{re.escape(last)}")
        else:
            members.append(re.escape(character))


def _class_member(part: str, at: int, *, first: bool) -> tuple[str | None, int]:
    """The next single character of a class and the place after it; None at the closing bracket."""
    character = part[at : at + 1]
    if character == "]" and not first:
        return None, at
    if character == "\\":
        at += 1
        character = part[at : at + 1]
    elif character == "[" and part[at + 1 : at + 2] == ":":
        raise ValueError("named classes such as [:alpha:] are not taken")
    if not character:
        raise ValueError("a '[' is not closed")
    return character, at + 1
