"""What other reviewers found: SARIF 2.1.0 that `sarif-files` names, as counts and short lines.

All of it is foreign text from files that another step wrote, perhaps about a fork's code: read in
bounded size, taken for what it says and for nothing more. It blocks nothing here: those tools have
their own gates, and their levels are not this review's severities. What cannot be read is said.

Imports errors, the report's model, the package's patterns and `reading`. Reads the workspace, never
writes; follows no link.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, get_args
from urllib.parse import unquote

from signed_lambda.errors import Problem, ScanError, SourceError
from signed_lambda.inputs.spelling import shown
from signed_lambda.lazy import dataclass, regex
from signed_lambda.package.patterns import Line, Patterns
from signed_lambda.report.model import Fact, Level, OtherFinding, OtherReview, Status
from signed_lambda.scan.reading import Unread

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MAX_FILES: Final = 50
MAX_BYTES: Final = 10 * 1024 * 1024
"""Of one file: as values it takes some twenty times as much."""
MAX_ENTRIES: Final = 50_000
"""Names that are looked at in a workspace for patterns."""
MAX_KEPT: Final = 200
"""Findings of one tool that are kept, worst first; all are counted."""
MAX_TOOLS: Final = 20
OURS: Final = "signed-lambda-deploy"
"""Our own SARIF of an earlier step: its findings are in this report already."""
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_PATTERN: Final = regex(r"[*?\[\]!]")
_NOT_IN: Final = frozenset({".git", "node_modules"})
_LEVELS: Final[tuple[Level, ...]] = get_args(Level)
_NO_FAULT: Final = ("pass", "notApplicable", "informational")
"""Kinds of results that found nothing wrong.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html (3.27.9)
"""
_EMBEDDED: Final = regex(r"\[([^\[\]]*)\]\([^()\s]*\)")
_PLACEHOLDER: Final = regex(r"\{(\d{1,3})\}")
_CLIP: Final = {"tool": 100, "rule": 200, "path": 500, "message": 1_000}


@dataclass(frozen=True, slots=True)
class OtherReviews:
    """What the files hold.

    Attributes:
        tools: In the order in which they were met, each once.
        unread: Files, or parts of them, that count for nothing, and why.
        files: How many were read.
    """

    tools: tuple[OtherReview, ...]
    unread: tuple[Unread, ...]
    files: int

    def fact(self) -> Fact:
        """For the journal: what was not read is a warning, never clean."""
        told = "; ".join(f"{t.tool}: {t.counts}" for t in self.tools) or "no reviewer's results"
        if self.unread:
            shown_few = ", ".join(f"{u.path} ({u.why})" for u in self.unread[:3])
            told += f"; {len(self.unread)} not as it should be: {shown_few}"
        return Fact(
            step="other-reviews",
            title="Findings of other reviewers",
            status=Status.WARNING if self.unread else Status.OK,
            proof=told,
        )


def read_sarif_files(workspace: Path, wanted: tuple[str, ...]) -> OtherReviews:
    """The findings in the files that the paths and patterns name.

    Args:
        workspace: The checked-out repository, resolved.
        wanted: Paths relative to the workspace, or patterns as in .gitignore.

    Raises:
        ScanError: E-SCAN-04 for each path or pattern that names no file of the workspace.
    """
    tools: dict[str, _Tool] = {}
    unread: list[Unread] = []
    paths = _paths(workspace, wanted)
    unread.extend(Unread(p, f"more than {MAX_FILES} files") for p in paths[MAX_FILES:])
    read = 0
    for path in paths[:MAX_FILES]:
        try:
            runs = _runs(_body(workspace, path))
        except _NotReadError as error:
            unread.append(Unread(path, str(error)))
            continue
        read += 1
        for run in runs:
            why = _add(run, tools, workspace)
            if why:
                unread.append(Unread(path, why))
    return OtherReviews(tuple(t.review(name) for name, t in tools.items()), tuple(unread), read)


# -- which files


def _paths(workspace: Path, wanted: Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    problems: list[Problem] = []
    everything: list[str] | None = None
    for text in wanted:
        try:
            if not _PATTERN.search(text):
                found[_path(workspace, text)] = None
                continue
            if everything is None:
                everything = [*_walk(workspace)]
            patterns = Patterns((Line(text, "sarif-files"),))
            matching = [p for p in everything if patterns.decide(p, folder=False)]
            if not matching:
                raise FileNotFoundError("no file of the workspace is of this pattern")
            found |= dict.fromkeys(matching)
        except (OSError, SourceError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else error
            problems.append(
                Problem(
                    "E-SCAN-04",
                    f"sarif-files {shown(text)}: {why}",
                    "Give paths or patterns of files in the workspace, one a line; run the"
                    " reviewer before this step",
                )
            )
    if problems:
        raise ScanError(*problems)
    return [*found]


def _path(workspace: Path, text: str) -> str:
    path = workspace / text
    if not path.resolve().is_relative_to(workspace):
        raise FileNotFoundError("outside the workspace")
    if not path.is_file():
        raise FileNotFoundError("there is no such file")
    return PurePosixPath(os.path.relpath(path, workspace)).as_posix()


def _walk(workspace: Path) -> Iterator[str]:
    """The files of the workspace, nearest first."""
    waiting, entries = [workspace], 0
    while waiting:
        try:
            with os.scandir(waiting.pop(0)) as found:
                listed = sorted(found, key=lambda e: e.name)
        except OSError:
            continue  # not ours to read
        for entry in listed:
            entries += 1
            if entries > MAX_ENTRIES:
                raise ScanError.of(
                    "E-SCAN-04",
                    f"more than {MAX_ENTRIES:,} files and folders to look for patterns in",
                    "Name the files of sarif-files by their paths",
                )
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NOT_IN:
                    waiting.append(workspace / entry.path)
            elif entry.is_file(follow_symlinks=False):
                yield PurePosixPath(os.path.relpath(entry.path, workspace)).as_posix()


class _NotReadError(ValueError):
    """Why a file is not read."""


def _body(workspace: Path, path: str) -> bytes:
    try:
        with os.fdopen(os.open(workspace / path, _FLAGS), "rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _NotReadError(f"{error.strerror}") from error
    if len(body) > MAX_BYTES:
        raise _NotReadError(f"more than {MAX_BYTES // 1024**2} MB")
    return body


# -- what is in them: any value may be of any kind


def _runs(body: bytes) -> list[object]:
    try:
        log = json.loads(body)
    except RecursionError:
        raise _NotReadError("nested too deep") from None
    except ValueError:
        raise _NotReadError("not JSON") from None
    version = _table(log).get("version")
    if version != "2.1.0":
        what = f"SARIF {shown(version)}" if isinstance(version, str) else "not SARIF"
        raise _NotReadError(f"{what}; version 2.1.0 is read")
    return _list(_table(log).get("runs"))


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object, what: str) -> str:
    return value[: _CLIP[what]].strip() if isinstance(value, str) else ""


def _at(values: object, index: object) -> dict[str, object]:
    listed = _list(values)
    if isinstance(index, int) and 0 <= index < len(listed):
        return _table(listed[index])
    return {}


@dataclass(slots=True)
class _Tool:
    """One tool's results so far, by level."""

    counts: Counter[Level] = field(default_factory=Counter)
    suppressed: int = 0
    kept: dict[Level, list[OtherFinding]] = field(default_factory=dict)

    def review(self, name: str) -> OtherReview:
        """For the report, the worst first."""
        kept = [f for level in _LEVELS for f in self.kept.get(level, ())]
        return OtherReview(
            tool=name,
            errors=self.counts["error"],
            warnings=self.counts["warning"],
            notes=self.counts["note"],
            suppressed=self.suppressed,
            findings=tuple(kept[:MAX_KEPT]),
        )


def _add(run: object, tools: dict[str, _Tool], workspace: Path) -> str:
    """Adds a run's results; what is wrong with the run, "" for nothing."""
    table = _table(run)
    driver = _table(_table(table.get("tool")).get("driver"))
    name = _text(driver.get("name"), "tool") or "a tool without a name"
    if name == OURS:
        return ""
    if name not in tools and len(tools) >= MAX_TOOLS:
        return f"more than {MAX_TOOLS} tools"
    tool = tools.setdefault(name, _Tool())
    for result in _list(table.get("results")):
        _take(_table(result), table, tool, workspace)
    if not isinstance(table.get("results"), list):
        return f"{name} gives no results: it did not run to its end"
    ended = (_table(i).get("executionSuccessful") for i in _list(table.get("invocations")))
    return f"{name} says that its run failed" if any(e is False for e in ended) else ""


def _take(result: dict[str, object], run: dict[str, object], tool: _Tool, workspace: Path) -> None:
    kind = result.get("kind", "fail")
    if kind in _NO_FAULT or result.get("baselineState") == "absent":
        return
    if _is_suppressed(result):
        tool.suppressed += 1
        return
    rule = _rule(result, run)
    level = _level(result, rule)
    if level is None:
        return
    tool.counts[level] += 1
    kept = tool.kept.setdefault(level, [])
    if len(kept) < MAX_KEPT:
        path, line = _place(result, run, workspace)
        kept.append(
            OtherFinding(
                rule=_text(result.get("ruleId"), "rule") or _text(rule.get("id"), "rule"),
                level=level,
                path=path,
                line=line,
                message=_message(result, rule),
            )
        )


def _is_suppressed(result: dict[str, object]) -> bool:
    """Whether all its suppressions hold.

    Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html (3.27.23, 3.35.3)
    """
    found = [_table(s).get("status", "accepted") for s in _list(result.get("suppressions"))]
    return bool(found) and all(status == "accepted" for status in found)


def _rule(result: dict[str, object], run: dict[str, object]) -> dict[str, object]:
    """The rule's descriptor, of the tool or of an extension (CodeQL keeps its rules there)."""
    tool = _table(run.get("tool"))
    named = _table(result.get("rule"))
    component = _table(named.get("toolComponent")).get("index")
    holder = _table(tool.get("driver"))
    if component is not None:
        holder = _at(tool.get("extensions"), component)
    index = named.get("index", result.get("ruleIndex"))
    return _at(holder.get("rules"), index) or {"id": named.get("id")}


def _level(result: dict[str, object], rule: dict[str, object]) -> Level | None:
    """As written, else the rule's own, else a warning; None for "none"."""
    default = _table(rule.get("defaultConfiguration")).get("level")
    for said in (result.get("level"), default):
        if said == "none":
            return None
        for level in _LEVELS:
            if said == level:
                return level
    return "warning"


def _message(result: dict[str, object], rule: dict[str, object]) -> str:
    """One line of plain text; links inside it are cut to their words.

    Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html (3.11)
    """
    message = _table(result.get("message"))
    text = _text(message.get("text"), "message")
    if not text:
        strings = _table(rule.get("messageStrings"))
        named = message.get("id")
        known = strings.get(named) if isinstance(named, str) else None
        text = _text(_table(known).get("text"), "message")
    arguments = _list(message.get("arguments"))

    def filled(hole: re.Match[str]) -> str:
        place = int(hole[1])
        return _text(arguments[place], "message") if place < len(arguments) else hole[0]

    text = _PLACEHOLDER.sub(filled, text) if arguments else text
    return " ".join(_EMBEDDED.sub(r"\1", text[: _CLIP["message"]]).split())


def _place(result: dict[str, object], run: dict[str, object], workspace: Path) -> tuple[str, int]:
    """Path and line of the first location; "" and 0 where there is none."""
    location = _table(_at(result.get("locations"), 0).get("physicalLocation"))
    artifact = _table(location.get("artifactLocation"))
    if "uri" not in artifact:
        known = _at(run.get("artifacts"), artifact.get("index"))
        artifact = _table(known.get("location"))
    path = unquote(_text(artifact.get("uri"), "path"))
    bases = [
        _text(_table(base).get("uri"), "path")
        for base in _table(run.get("originalUriBaseIds")).values()
    ]
    for base in (*(unquote(b) for b in bases), f"file://{workspace}/", f"{workspace}/"):
        if base.endswith("/") and len(base) > 1:
            path = path.removeprefix(base)
    line = _table(location.get("region")).get("startLine")
    return path, line if isinstance(line, int) and 0 < line < 2**31 else 0
