"""GitHub's runner as a reader: the commands that it finds in printed lines, and outputs in a file.

An oracle for tests, written from the runner's sources and independent of the product. Where the
runner's reading depends on its machine, the reading that finds more commands is taken.

Source: actions/runner 2.336.0, src/Runner.Common/ActionCommand.cs (TryParseV2, then TryParse),
src/Runner.Worker/ActionCommandManager.cs (names without regard to case), FileCommandManager.cs
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES: Final = frozenset({
    "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group",
    "internal-set-repo-path", "notice", "remove-matcher", "save-state", "set-env", "set-output",
    "stop-commands", "warning",
})  # fmt: skip
_DATA: Final = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_PROPERTY: Final = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
_V1: Final = (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%"))
_IGNORED: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)


@dataclass(frozen=True)
class Command:
    """A command that the runner carries out instead of showing the line."""

    name: str
    properties: dict[str, str] = field(default_factory=dict)
    data: str = ""


def commands(printed: str) -> list[Command]:
    """The commands in what was printed; a line ends as .NET says: CR, LF or both."""
    lines = re.split(r"\r\n|\n|\r", printed)
    return [command for line in lines if (command := _command(line))]


def _command(line: str) -> Command | None:
    seen = _compared(line)
    return _v2(seen) or _v1(seen)


def _compared(line: str) -> str:
    """The line without what .NET ignores when it compares text by culture, as the runner does."""
    return "".join(
        c for c in line if unicodedata.category(c) not in ("Cc", "Cf", "Cs") or c == "\t"
    ).translate({ord(c): None for c in _IGNORED.findall(line)})


def _v2(line: str) -> Command | None:
    """`::name key=value,key=value::data` at the start of a line, after blanks of any kind."""
    head, separator, data = line.lstrip().removeprefix("::").partition("::")
    if not line.lstrip().startswith("::") or not separator:
        return None
    name, _, given = head.partition(" ")
    if name.lower() not in NAMES:
        return None
    return Command(name.lower(), _pairs(given.strip().split(","), _PROPERTY), _plain(data, _DATA))


def _v1(line: str) -> Command | None:
    """`##[name key=value;key=value]data` anywhere in a line; only the first bracket counts."""
    _, prefix, rest = line.partition("##[")
    head, bracket, data = rest.partition("]")
    name, _, given = head.partition(" ")
    if not prefix or not bracket or name.lower() not in NAMES:
        return None
    return Command(name.lower(), _pairs(given.split(";"), _V1), _plain(data, _V1))


def _pairs(given: list[str], escapes: tuple[tuple[str, str], ...]) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in given)
    return {key: _plain(value, escapes) for key, _, value in pairs if key and value}


def _plain(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    for escaped, char in escapes:
        text = text.replace(escaped, char)
    return text


def outputs(content: str) -> dict[str, str]:
    """What the file GITHUB_OUTPUT sets.

    Raises:
        ValueError: The runner would fail the step.
    """
    out: dict[str, str] = {}
    lines = iter(content.removesuffix("\n").split("\n") if content else [])
    for line in lines:
        equals, heredoc = line.find("="), line.find("<<")
        if not line:
            continue
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            out[line[:equals]] = line[equals + 1 :]
        elif heredoc > 0 and line[heredoc + 2 :]:
            out[line[:heredoc]] = "\n".join(_until(lines, line[heredoc + 2 :]))
        else:
            raise ValueError(f"invalid format: {line!r}")
    return out


def _until(lines: Iterator[str], end: str) -> list[str]:
    value: list[str] = []
    for line in lines:
        if line == end:
            return value
        value.append(line)
    raise ValueError(f"matching delimiter not found: {end!r}")
