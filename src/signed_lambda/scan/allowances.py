"""Which findings somebody has allowed, with what reason, and where that is written.

Two places: a comment beside the code, and the file `.signed-lambda.yml` at the root of the
checked-out repository for what takes no comment (generated code, templates). The file is never
looked for inside the package: a zip that another job built must not bring its own permission. Its
name is fixed, so that one line of CODEOWNERS guards it and no workflow can point elsewhere.

Imports errors, the report's model and the package's rules; what reads the file, when there is one.
Opens that one file, following no link.
"""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import ScanError
from signed_lambda.lazy import dataclass, regex
from signed_lambda.package.rules import ALLOWANCES_FILE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from signed_lambda.package.patterns import Patterns
    from signed_lambda.report.model import Finding
    from signed_lambda.scan.form import Module
    from signed_lambda.scan.sinks import Sink

CONFIG: Final = ALLOWANCES_FILE
MAX_BYTES: Final = 1024 * 1024
_OTHER_SPELLING: Final = ".signed-lambda.yaml"
_COMMENT: Final = regex(r"(?:#|//)\s*signed-lambda:\s*allow\s+([A-Z]{3}-[A-Z0-9-]+)\s+--\s*(\S.*)")
"""`# signed-lambda: allow REC-SELF-CTX -- reason`: at the code of the finding or the line above."""
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """A reason, given in the code.

    Attributes:
        path, line: Where it is written.
    """

    rule: str
    reason: str
    path: str
    line: int

    @property
    def place(self) -> str:
        """Path and line, as in src/app.py:12."""
        return f"{self.path}:{self.line}"

    def covers(self, finding: Finding, root: str | None) -> bool:
        """Whether it is for this finding: in its file, at its code or on the line above."""
        del root
        return finding.path == self.path and finding.line - 1 <= self.line <= finding.end_line

    def concerns(self, paths: Iterable[str], root: str | None) -> bool:
        """Whether it is for code of this run: a comment is read with its file."""
        del paths, root
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Allowance):
    """A reason, given in `.signed-lambda.yml`.

    Attributes:
        patterns: Of files, by their path in the repository or in the package.
        function: The function in the code that the finding names, "" for any.
    """

    patterns: Patterns
    function: str = ""

    def covers(self, finding: Finding, root: str | None) -> bool:
        """Whether the finding is in one of its files, and in its function where it names one."""
        if self.function and self.function != finding.function:
            return False
        return self.concerns((finding.path,), root)

    def concerns(self, paths: Iterable[str], root: str | None) -> bool:
        """Whether any of the paths is one of its files."""
        return any(self._matches(name) for path in paths for name in _names(path, root))

    def _matches(self, path: str) -> bool:
        """As git does: what lies in a folder that matches, matches."""
        above = [*accumulate(path.split("/"), "{}/{}".format)]
        return any(self.patterns.decide(name, folder=name != path) for name in above)


def _names(path: str, root: str | None) -> tuple[str, ...]:
    return (path, f"{root}/{path}") if root else (path,)


def comments(modules: Iterable[Module]) -> Iterator[Allowance]:
    """The allowances in the code of files."""
    for module in modules:
        for number, text in enumerate(module.lines, 1):
            said = _COMMENT.search(text)
            if said:
                reason = said[2].strip()
                yield Allowance(rule=said[1], reason=reason, path=module.path, line=number)


def written(sinks: Iterable[Sink]) -> Iterator[Allowance]:
    """The allowances in the sources that bundles were made of: bundlers drop comments."""
    for sink in sinks:
        origin = sink.function.module.origin(sink.call)
        for text in origin.lines if origin is not None else ():
            said = _COMMENT.search(text)
            if said:
                reason = said[2].strip()
                path, line = sink.spot.function.module.path, sink.spot.line
                yield Allowance(rule=said[1], reason=reason, path=path, line=line)


def applied(
    found: Sequence[Finding], allowances: Sequence[Allowance], root: str | None
) -> tuple[tuple[Finding, ...], tuple[Allowance, ...]]:
    """The findings, those that are allowed with reason and place, and the allowances of none.

    Args:
        found: Findings, none of them allowed yet.
        allowances: The first one that fits gives the reason.
        root: Where the package lies in the repository, None when it does not.
    """
    used = set[int]()
    settled: list[Finding] = []
    for finding in found:
        fitting = [
            n
            for n, allowance in enumerate(allowances)
            if allowance.rule == finding.rule and allowance.covers(finding, root)
        ]
        used.update(fitting)
        first = allowances[fitting[0]] if fitting else None
        settled.append(
            replace(finding, allowed=first.reason, allowed_at=first.place) if first else finding
        )
    return tuple(settled), tuple(a for n, a in enumerate(allowances) if n not in used)


# -- the file


def read_config(workspace: Path, rules: Collection[str]) -> tuple[Entry, ...]:
    """The entries of `.signed-lambda.yml`, none where there is no such file.

    Args:
        workspace: The checked-out repository.
        rules: Ids of the rules that there are.

    Raises:
        ScanError: E-SCAN-03 for every fault of the file.
    """
    if os.path.lexists(workspace / _OTHER_SPELLING):
        raise ScanError.of(
            "E-SCAN-03", f"{_OTHER_SPELLING} is not read", f"Call it {CONFIG}: it is one file"
        )
    try:
        with os.fdopen(os.open(workspace / CONFIG, _FLAGS), "rb") as file:
            body = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ScanError.of(
            "E-SCAN-03", f"{CONFIG}: {error.strerror}", "Make it a plain file, not a link"
        ) from error
    from signed_lambda.scan.allowances_file import entries_of  # noqa: PLC0415 - loads the YAML parser

    return entries_of(body, rules)
