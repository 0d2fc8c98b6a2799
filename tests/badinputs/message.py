"""What a person reads of a run that went wrong, without what differs from run to run."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Final

from signed_lambda.report.text import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.action import Ended

_LONG: Final = 88
"""Characters of a word that fits on no line, and was broken in two: an S3 key, an ARN."""
_HASHES: Final = re.compile(
    r"(?<![0-9A-Za-z+/])(?:[0-9a-f]{64}|[A-Za-z0-9+/]{43}=)(?![0-9A-Za-z+/=])"
)
_CHANGING: Final = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:<port>"),
    (re.compile(r"(?<=/signed/)[0-9a-f]{64}(?=\.zip)"), "<sha256 of the code>"),
    (re.compile(r"[0-9,]+ bytes are free"), "<n> bytes are free"),
    (re.compile(r"signed-lambda-[a-z0-9_]{8}\b"), "signed-lambda-<random>"),
    (re.compile(r"\d+ min (?=ahead|behind)"), "<n> min "),
    (re.compile(r"after \d+ tries in \d+ s"), "after <n> tries in <n> s"),
    (re.compile(r"(?<=\()[0-9a-f]{20,40}(?=\))"), "<serial number>"),
    (re.compile(r"(?<=\()[0-9a-f]{12}(?=\))"), "<hash>"),
)


def message_of(ended: Ended, folder: Path) -> str:
    """Verdict, problems with what to do and what stands; else warnings and what was left out.

    Args:
        ended: The run.
        folder: Temporary; its name is replaced.
    """
    blocks = _report(ended.log).split("\n\n")
    told = [_unwrapped(blocks[0])]
    if ended.exit_code:
        told += [_unwrapped(b) for b in blocks[1:] if re.match(r"E-[A-Z]+-\d\d: ", b)]
    else:
        told += [_unwrapped(b) for b in blocks[1:] if b.startswith("Findings")]
        told += [list(_odd_steps(b)) for b in blocks[1:] if b.startswith("Steps (")]
        told += [_notes(b) for b in blocks[1:] if b.startswith("Package: ")]
    shown = [a for a in ended.console.annotations if a.level != "error" and not a.file]
    said = " ".join(line for block in told for line in block)
    told.append([f"[{a.level}] {a.message}" for a in shown if a.message.rstrip(".") not in said])
    stable = _Stable(folder)
    lines = ["\n".join(wrapped for line in b for wrapped in stable(line)) for b in told if b]
    return "\n\n".join(lines) + "\n"


def _report(log: str) -> str:
    """The report at the end of the log: what stands between the last two stops of commands."""
    begin = log.rindex("::stop-commands::")
    lines = log[begin:].rstrip("\n").split("\n")
    return "\n".join(lines[1:-1])


def _unwrapped(block: str) -> list[str]:
    """Lines that were broken at 100 columns, whole again: what continues one is set in by two."""
    lines: list[str] = []
    indent, full = -9, False
    for line in block.split("\n"):
        here = len(line) - len(line.lstrip())
        if here == indent + 2 and lines:
            word = lines[-1].rpartition(" ")[2] + line.split()[0]
            in_two = full and len(word) >= _LONG
            lines[-1] += f"{'' if in_two else ' '}{line.strip()}"
        else:
            lines.append(line)
            indent = here
        full = len(line) == WIDTH
    return lines


def _odd_steps(block: str) -> Iterator[str]:
    """Steps that were skipped or are a warning, without their times."""
    current: list[str] = []
    for line in [*block.split("\n")[1:], "  ok"]:
        if re.match(r"  (ok|WARNING|skipped|FAILED)\b", line):
            whole = " ".join(current)
            if current and not whole.startswith("ok"):
                yield re.sub(r"^(\w+) +[\d.]+ m?s +", r"\1  ", whole)
            current = [line.strip()]
        else:
            current.append(line.strip())


def _notes(block: str) -> list[str]:
    """Notes and what was left out."""
    return [line for line in block.split("\n")[1:] if line.strip()]


class _Stable:
    """Replaces what differs; hashes are numbered, so that two are seen to be two."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hashes: dict[str, str] = {}

    def __call__(self, line: str) -> list[str]:
        line = line.replace(str(self._folder), "<folder>")
        for pattern, name in _CHANGING:
            line = pattern.sub(name, line)
        line = _HASHES.sub(self._hash, line)
        indent = re.match(" *", line)
        blank = indent[0] if indent else ""
        return textwrap.wrap(
            line.strip(),
            98,
            initial_indent=blank,
            subsequent_indent=f"{blank}  ",
            break_on_hyphens=False,
            break_long_words=False,
        )

    def _hash(self, found: re.Match[str]) -> str:
        return self._hashes.setdefault(found[0], f"<sha256 {len(self._hashes) + 1}>")
