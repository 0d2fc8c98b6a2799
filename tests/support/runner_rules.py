"""What GitHub's runner makes of a step: commands in what it prints, files that it leaves.

Our own account of the observable rules of actions/runner 2.336.0, written from its source; pure, so
that the suite can hold the program to them without a runner. `runner_job` runs the image by them.

Source: actions/runner 2.336.0, src/Runner.Common/ActionCommand.cs,
src/Runner.Worker/ActionCommandManager.cs, FileCommandManager.cs, ExecutionContext.cs,
src/Sdk/DTLogging/Logging/SecretMasker.cs and ValueEncoders.cs
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from xml.sax.saxutils import escape as xml_escape

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    Command = tuple[str, dict[str, str], str]

COMMANDS: Final = frozenset(
    {
        *("error", "warning", "notice", "debug", "add-mask", "group", "endgroup", "echo"),
        *("stop-commands", "set-output", "save-state", "set-env", "add-path"),
        *("add-matcher", "remove-matcher", "internal-set-repo-path"),
    }
)
LEVELS: Final = ("error", "warning", "notice")
MAX_A_LEVEL: Final = 10
MAX_MESSAGE: Final = 4_096
MAX_SUMMARY_BYTES: Final = 1_048_576

_DATA: Final = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_PROPERTY: Final = (*_DATA[:2], ("%3A", ":"), ("%2C", ","), _DATA[2])
_IGNORED: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_OLD: Final = (("%3B", ";"), *_DATA[:2], ("%5D", "]"), _DATA[2])


def parse_command(line: str, known: Collection[str] = COMMANDS) -> Command | None:
    """The command in a line, in the form of `::` or of `##[`; None when it is text.

    Args:
        line: As printed, without its end.
        known: Names that are commands now, in lower case; others are text.

    Returns:
        Name in lower case, properties and data, unescaped.
    """
    text = line.lstrip()
    if text.startswith("::") and (end := text.find("::", 2)) >= 0:
        name, _, properties = text[2:end].partition(" ")
        if name.lower() in known:
            pairs = _properties(properties.strip().split(","), _PROPERTY)
            return name.lower(), pairs, _unescaped(text[end + 2 :], _DATA)
    begin = line.find("##[")
    end = line.find("]", begin)
    if begin >= 0 and end >= 0:
        name, _, properties = line[begin + 3 : end].partition(" ")
        if name.lower() in known:
            pairs = _properties(properties.split(";"), _OLD)
            return name.lower(), pairs, _unescaped(line[end + 1 :], _OLD)
    return None


def commands(printed: str) -> list[Command]:
    """The commands in what was printed, in the reading that finds most of them.

    The runner compares text by culture, and .NET then ignores characters that are not seen, which
    depends on its machine.
    """
    lines = re.split("\r\n|\n|\r", printed)
    return [found for line in lines if (found := parse_command(_compared(line)))]


def _compared(line: str) -> str:
    """The line without what .NET ignores when it compares text by culture."""
    seen = [c for c in line if unicodedata.category(c) not in ("Cc", "Cf", "Cs") or c == "\t"]
    return _IGNORED.sub("", "".join(seen))


def _properties(pairs: Iterable[str], mapping: Iterable[tuple[str, str]]) -> dict[str, str]:
    split = (pair.partition("=") for pair in pairs)
    return {key: _unescaped(value, mapping) for key, _, value in split if key and value}


def _unescaped(text: str, mapping: Iterable[tuple[str, str]]) -> str:
    for written, meant in mapping:
        text = text.replace(written, meant)
    return text


@dataclass(frozen=True)
class Shown:
    """An annotation as GitHub shows it."""

    level: str
    message: str
    title: str = ""
    file: str = ""
    line: int = 0
    end_line: int = 0


@dataclass
class Console:
    """What the runner makes of the lines of one step, from stdout and stderr alike.

    Attributes:
        log: As the job's page shows it: masked; groups as `##[group]title` and `##[endgroup]`,
            annotations as `##[error]...`, also those that are not shown elsewhere.
        annotations: At most ten of each level.
        dropped: How many there were above ten, by level.
        commands: All that were obeyed, in order.
        refused: Commands that failed, and so did the step.
        outputs: Set by the old command.
    """

    log: list[str] = field(default_factory=list)
    annotations: list[Shown] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    _masks: set[str] = field(default_factory=set)
    _known: set[str] = field(default_factory=lambda: set(COMMANDS))
    _stopped_by: str = ""
    _echoing: bool = False

    def feed(self, printed: str) -> None:
        """Takes what was printed; a carriage return ends a line too."""
        lines = re.split("\r\n|\n|\r", printed)
        for line in lines if lines[-1] else lines[:-1]:
            self._line(line)

    def hide(self, secret: str) -> None:
        """Masks a value and its usual spellings, as the job's secrets are from its start."""
        if secret:
            self._masks |= {spelling for spelling in _spellings(secret) if spelling}

    def masked(self, text: str) -> str:
        """The text as it may be shown: *** for each run of masked characters."""
        spans = sorted(
            (found.start(1), found.start(1) + len(mask))
            for mask in self._masks
            for found in re.finditer(f"(?=({re.escape(mask)}))", text)
        )
        out, at = "", 0
        for begin, end in spans:
            if begin > at or not out:
                out += text[at:begin] + "***"
            at = max(at, end)
        return out + text[at:]

    def for_other_jobs(self, outputs: Mapping[str, str]) -> dict[str, str]:
        """The outputs that cross to other jobs: none that is empty or may hold a secret."""
        return {k: v for k, v in outputs.items() if v and self.masked(v) == v}

    @property
    def stopped(self) -> bool:
        """Whether a `stop-commands` was never ended."""
        return bool(self._stopped_by)

    def _line(self, line: str) -> None:
        command = parse_command(line, self._known)
        if command is None or (self._stopped_by and command[0] != self._stopped_by):
            self._show(line)
            return
        self.commands.append(command)
        name, properties, data = command
        if self._stopped_by:
            self._known.discard(self._stopped_by)
            self._stopped_by = ""
            self._show(line)
            return
        if self._echoing and name not in ("add-mask", "debug", *LEVELS, "stop-commands"):
            self._show(line)
        obey: Callable[[str, dict[str, str], str], None] = getattr(
            self, f"_{name.replace('-', '_')}", self._issue if name in LEVELS else self._nothing
        )
        obey(line, properties, data)

    def _show(self, text: str) -> None:
        self.log += self.masked(text).split("\n")

    def _stop_commands(self, line: str, _: dict[str, str], data: str) -> None:
        if not data or data.lower() in {*self._known, "pause-logging"}:
            self.refused.append(f"stop-commands with the token {data!r}")
            return
        self._stopped_by = data.lower()
        self._known.add(self._stopped_by)
        if len(data) > 6:
            self.hide(data)
        self._show(line)

    def _add_mask(self, _line: str, _: dict[str, str], data: str) -> None:
        if not data.strip():
            self._issue("", {}, "Can't add secret mask for empty string", level="warning")
            return
        self.hide(data)
        for part in re.split("[\r\n]", data):
            self.hide(part.strip())

    def _group(self, _line: str, _: dict[str, str], data: str) -> None:
        self._show(f"##[group]{data}")

    def _endgroup(self, _line: str, _: dict[str, str], _data: str) -> None:
        self._show("##[endgroup]")

    def _set_output(self, line: str, properties: dict[str, str], data: str) -> None:
        if properties.get("name"):
            self.outputs[properties["name"]] = data
        else:
            self.refused.append(line)

    def _set_env(self, line: str, _: dict[str, str], _data: str) -> None:
        self.refused.append(line)

    _add_path = _set_env

    def _echo(self, line: str, _: dict[str, str], data: str) -> None:
        wanted = data.strip().lower()
        if wanted not in ("on", "off"):
            self.refused.append(line)
        self._echoing = wanted == "on"

    def _nothing(self, _line: str, _: dict[str, str], _data: str) -> None:
        """Of debug and save-state nobody sees anything; problem matchers are not for us."""

    def _issue(self, _line: str, properties: dict[str, str], data: str, *, level: str = "") -> None:
        level = level or self.commands[-1][0]
        message = self.masked(data)[:MAX_MESSAGE]
        if sum(a.level == level for a in self.annotations) < MAX_A_LEVEL:
            self.annotations.append(_shown(level, message, properties, self.masked))
        else:
            self.dropped[level] = self.dropped.get(level, 0) + 1
        self._show(f"##[{level}]{message}")


def _shown(
    level: str, message: str, properties: Mapping[str, str], masked: Callable[[str], str]
) -> Shown:
    """The annotation; a range that is none is dropped."""
    given = {name.lower(): value for name, value in properties.items()}
    end = _whole(given.get("endline"))
    line = _whole(given.get("line")) or end
    is_range = line <= end or not end
    return Shown(
        level=level,
        message=message,
        title=masked(given.get("title", "")),
        file=given.get("file", "").removeprefix("/github/workspace/"),
        line=line if is_range else 0,
        end_line=end if is_range else 0,
    )


def unfolded(log: Iterable[str]) -> list[str]:
    """The lines of a log that are seen without opening a group.

    Raises:
        AssertionError: A group is not closed, closed twice, or inside another.
    """
    seen, inside = [], False
    for line in log:
        if line.startswith("##[group]"):
            assert not inside, f"a group inside a group: {line}"
            inside = True
            seen.append(f"> {line.removeprefix('##[group]')}")
        elif line == "##[endgroup]":
            assert inside, "a group is closed that was not opened"
            inside = False
        elif not inside:
            seen.append(line)
    assert not inside, "a group was left open"
    return seen


def read_pairs(text: str) -> dict[str, str]:
    """What GITHUB_OUTPUT, GITHUB_ENV and GITHUB_STATE hold: `name=value` and heredocs.

    Raises:
        ValueError: The runner refuses the file, and the step fails.
    """
    lines = text.split("\n")
    ended = {len(lines) - 1}  # the last one has no line feed behind it
    found, at = dict[str, str](), 0
    while at < len(lines):
        line, at = lines[at], at + 1
        equals, heredoc = line.find("="), line.find("<<")
        if not line:
            continue
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, found[line[:equals]] = line[:equals], line[equals + 1 :]
            continue
        name, _, delimiter = line.partition("<<")
        if heredoc < 0 or not name or not delimiter:
            raise ValueError(f"Invalid format '{line}'")
        begin = at
        while at < len(lines) and lines[at] != delimiter:
            if at in ended:
                raise ValueError("Invalid value. EOF marker missing new line.")
            at += 1
        if at == len(lines):
            raise ValueError(f"Invalid value. Matching delimiter not found '{delimiter}'")
        found[name] = "\n".join(lines[begin:at])
        at += 1
    return found


def read_summary(content: bytes) -> tuple[str, str]:
    """The job summary as it is shown, and what the runner says of it; it does not fail the step."""
    size, limit = len(content), MAX_SUMMARY_BYTES
    if size > limit:
        return "", f"summary aborted: at most {limit // 1024}k are taken, got {size // 1024}k"
    return content.decode("utf-8", "replace"), ""


def inputs_of(
    declared: Mapping[str, Mapping[str, object]], given: Mapping[str, str], token: str
) -> tuple[dict[str, str], list[str], list[str]]:
    """A step's inputs: the variables, the unknown ones, and the required ones that are missing.

    The runner passes unknown inputs on with a warning, and does not look at `required` at all. It
    evaluates defaults with the contexts github, strategy, matrix, job and runner; a job outside of
    a matrix is one of one. Source: actions/runner, action_yaml.json (input-default-context)
    """
    known = {name.lower() for name in declared}
    values = {
        name: str(about.get("default", ""))
        .replace("${{ github.token }}", token)
        .replace("${{ strategy.max-parallel }}", "1")
        for name, about in declared.items()
    } | dict(given)
    missing = [n for n, about in declared.items() if about.get("required") and not values[n]]
    unknown = [name for name in given if name.lower() not in {*known, "entrypoint", "args"}]
    variables = {f"INPUT_{n.replace(' ', '_').upper()}": v for n, v in values.items()}
    return variables, unknown, missing


def _whole(text: str | None) -> int:
    return int(text) if text and re.fullmatch("[0-9]{1,9}", text) else 0


def _spellings(secret: str) -> set[str]:
    """The secret as programs may print it; shell and PowerShell spellings of ours do not occur."""
    raw = secret.encode("utf-8", "surrogateescape")
    shifted = (raw[shift:] if len(raw) > shift else raw for shift in range(3))
    behind = secret.rpartition("&")
    return {
        secret,
        *(base64.b64encode(part).decode() for part in shifted),
        secret.replace('"', '\\"'),
        secret.replace("'", "''"),
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(raw, safe="~"),
        xml_escape(secret, {'"': "&quot;", "'": "&apos;"}),
        *(part for part in ("".join(behind[:2]), behind[2]) if behind[1] and len(part) >= 6),
    }
