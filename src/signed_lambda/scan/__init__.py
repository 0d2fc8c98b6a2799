"""The static review: can this function start itself again, and what else is said of Lambda code?

Reads the packed bytes, runs nothing.

One rule is one file in `rules/`, found by its being there. A file that cannot be read is listed as
such, never counted as clean. Imports values, `package` (to read the zip), its own modules.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from signed_lambda.errors import Problem, ScanError
from signed_lambda.package import owners, read_zip
from signed_lambda.report.model import Fact, Finding, Link, Status
from signed_lambda.scan import rules, sdk
from signed_lambda.scan.allowances import CONFIG, Allowance, Entry, applied, comments, read_config
from signed_lambda.scan.credentials import hidden
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.live import named_by_code
from signed_lambda.scan.reading import CODE, MAX_SOURCE_BYTES, Unread, is_sdk, read, uses_sdk
from signed_lambda.scan.rules import quality
from signed_lambda.scan.world import groundwork, world_around

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    from signed_lambda.inputs import FailOn
    from signed_lambda.model import Package
    from signed_lambda.report.model import Severity
    from signed_lambda.scan.form import Module
    from signed_lambda.scan.world import Groundwork, World
    from signed_lambda.triggers import LiveTriggers, Named

_ORDER: Final[dict[Severity, int]] = {"high": 3, "medium": 2, "low": 1, "ask": 0}
MAX_TELLING: Final = 200
"""Files of a package that are asked for the version of a bundled SDK."""
_BLOCKS_FROM: Final[dict[FailOn, int]] = {"high": 3, "medium": 2, "low": 1, "never": 9}


class Rule(Protocol):
    """What a module in `rules/` offers; its docstring is its page."""

    ID: str

    def check(self, world: World) -> Iterator[Finding]:
        """The findings in everything that was read."""
        ...


@dataclass(frozen=True, slots=True)
class Review:
    """What was read and what was found; findings come worst first.

    Attributes:
        files: How many files with code were read whole.
        unread: Files with code and templates that were not read, and why.
        templates: How many templates were read whole.
        installed: How many files of installed packages were passed over: the AWS SDK's own, and
            those that do not use it.
        unused: Allowances of what was read that allow nothing.
    """

    findings: tuple[Finding, ...]
    files: int
    unread: tuple[Unread, ...]
    templates: int = 0
    installed: int = 0
    unused: tuple[Allowance, ...] = ()

    def fact(self) -> Fact:
        """For the journal: partly read is a warning, never clean."""
        found = f"{len(self.findings)} findings in {self.files} files"
        if self.templates:
            found += f" and {self.templates} templates"
        if self.installed:
            found += f", {self.installed:,} files of installed packages without calls of AWS aside"
        if self.unread:
            shown = ", ".join(f"{u.path} ({u.why})" for u in self.unread[:3])
            found += f"; {len(self.unread)} not read: {shown}"
        worst = max((_ORDER[f.severity] for f in self.findings), default=0)
        clean = not self.unread and worst < _ORDER["medium"]
        return Fact(
            step="scan",
            title="Static review",
            status=Status.OK if clean else Status.WARNING,
            proof=found,
        )

    def links(self) -> tuple[Link, ...]:
        """None: it reads bytes that the package's own link covers."""
        return ()


def loop_rules() -> tuple[Rule, ...]:
    """Every rule about functions that start themselves, by the name of its file.

    Raises:
        LookupError: There is none: an empty review would pass everything.
    """
    found = _modules_of(rules)
    if not found:
        raise LookupError("no scan rule is installed")
    return found


def quality_rules() -> tuple[Rule, ...]:
    """Every rule about the quality of Python code, by the name of its file."""
    return _modules_of(quality)


def all_rules() -> tuple[Rule, ...]:
    """Those about loops, then those about quality."""
    return (*loop_rules(), *quality_rules())


def _modules_of(package: ModuleType) -> tuple[Rule, ...]:
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.ispkg)
    return tuple(importlib.import_module(f"{package.__name__}.{n}") for n in names)


def allowed_in(workspace: Path) -> tuple[Entry, ...]:
    """What `.signed-lambda.yml` of the checked-out repository allows.

    Raises:
        ScanError: E-SCAN-03 for every fault of the file.
    """
    return read_config(workspace, [rule.ID for rule in all_rules()])


@dataclass(frozen=True, slots=True)
class Survey:
    """What was read of a package and of the templates around it; `judge` says what follows.

    Attributes:
        files: How many files with code were read whole.
        installed: How many files of installed packages were passed over.
        entries: What `.signed-lambda.yml` allows.
        paths: Of all that could be read.
        root: Where the package's files lie in the repository, None when they are not of it.
    """

    ground: Groundwork
    files: int
    unread: tuple[Unread, ...]
    installed: int
    entries: tuple[Entry, ...]
    paths: tuple[str, ...]
    root: str | None

    def named(self, environment: Mapping[str, str]) -> tuple[Named, ...]:
        """What the code writes to, given the environment of the live function."""
        return named_by_code(self.ground.sinks, environment)

    def judge(self, live: LiveTriggers | None = None) -> Review:
        """The review of the package alone, or with what is live around its function."""
        ground = self.ground
        found = findings_in(world_around(ground, live), all_rules())
        said = (*comments(ground.program.modules.values()), *self.entries)
        findings, unused = applied(found, said, self.root)
        return Review(
            findings=findings,
            files=self.files,
            unread=self.unread,
            templates=len(ground.infra.sources),
            installed=self.installed,
            unused=tuple(
                a for a in unused if ground.complete and a.concerns(self.paths, self.root)
            ),
        )


def review(
    package: Package,
    function_name: str,
    templates: Mapping[str, bytes] = MappingProxyType({}),
    root: str | None = None,
    entries: Sequence[Entry] = (),
) -> Review:
    """Reviews exactly the bytes that are packed, without an account; see `survey`."""
    return survey(package, function_name, templates, root, entries).judge()


def survey(
    package: Package,
    function_name: str,
    templates: Mapping[str, bytes] = MappingProxyType({}),
    root: str | None = None,
    entries: Sequence[Entry] = (),
    missing: Iterable[Unread] = (),
) -> Survey:
    """Reads exactly the bytes that are packed.

    Args:
        package: The build.
        function_name: What the function is called, "" when unknown.
        templates: Infrastructure templates by their path in the repository.
        root: Where the package's files lie in the repository, "" for its root, None when they are
            not of it.
        entries: What `.signed-lambda.yml` allows.
        missing: Templates that could not be read.
    """
    modules: list[Module] = []
    unread: list[Unread] = []
    installed = 0
    contents = read_zip(package.path)
    code = [e.name for e in contents.entries if e.name.endswith(CODE) and e.kind == "file"]
    owned = owners(contents, code)
    reviewed = set(code)
    telling: list[tuple[str, bytes]] = []
    for entry, chunks in contents.bodies():
        tells = len(telling) < MAX_TELLING and entry.kind == "file"
        parts = chunks
        if tells and sdk.tells(entry.name, entry.size_bytes):
            telling.append((entry.name, b"".join(chunks)))
            parts = iter((telling[-1][1],))
        if entry.name not in reviewed:
            continue
        owner = owned.get(entry.name)
        if owner is not None and is_sdk(owner.name, entry.name):
            installed += 1
            continue
        if entry.size_bytes > MAX_SOURCE_BYTES:
            unread.append(Unread(entry.name, f"more than {MAX_SOURCE_BYTES:,} bytes"))
            continue
        body = b"".join(parts)
        if owner is not None and not uses_sdk(body):
            installed += 1
            continue
        found = read(entry.name, body)
        if isinstance(found, Unread):
            unread.append(found)
        else:
            found.installed = owner is not None
            modules.append(found)
            if found.unread_line:
                why = f"partly read: line {found.unread_line} is not understood"
                unread.append(Unread(entry.name, why))
    infra, not_scanned = read_templates(templates)
    ground = groundwork(modules, function_name, infra, root, sdk.old_sdks(telling))
    if not ground.complete:
        unread.append(Unread("the package", "more to follow than one review may cost; partly read"))
    return Survey(
        ground=ground,
        files=len(modules),
        unread=(*unread, *not_scanned, *missing),
        installed=installed,
        entries=tuple(entries),
        paths=(*code, *templates),
        root=root,
    )


def findings_in(world: World, wanted: Sequence[Rule] | None = None) -> tuple[Finding, ...]:
    """The findings of the rules that are wanted, of those about loops by default.

    Each place once, worst first; credentials that stand in the code are not shown.
    """
    kept: dict[tuple[str, str, int], Finding] = {}
    for rule in loop_rules() if wanted is None else wanted:
        for found in map(_without_credentials, rule.check(world)):
            place = (found.rule, found.path, found.line)
            before = kept.get(place)
            if before is None or _ORDER[found.severity] > _ORDER[before.severity]:
                kept[place] = found
    return tuple(sorted(kept.values(), key=lambda f: (-_ORDER[f.severity], f.path, f.line, f.rule)))


def _without_credentials(found: Finding) -> Finding:
    """The finding as it may be shown: code and conditions in it may hold a key."""
    return replace(
        found,
        message=hidden(found.message),
        evidence=tuple(map(hidden, found.evidence)),
        guard=hidden(found.guard) if found.guard else found.guard,
        cycle=tuple(map(hidden, found.cycle)),
    )


def require_acceptable(reviewed: Review, fail_on: FailOn) -> None:
    """Does nothing when no finding is as severe as `fail_on`; findings that were allowed pass.

    Raises:
        ScanError: E-SCAN-01 for each finding that blocks.
    """
    problems = blocking(reviewed, fail_on)
    if problems:
        raise ScanError(*problems)


def blocking(reviewed: Review, fail_on: FailOn) -> tuple[Problem, ...]:
    """A problem for each finding that is as severe as `fail_on` and that nobody allowed."""
    return tuple(
        Problem(
            "E-SCAN-01",
            f"{f.rule} ({f.severity}) at {f.path}:{f.line}: {f.message}",
            f"{f.fix}, or say why it is safe on that line: `# signed-lambda: allow {f.rule} --"
            f" reason`, or in {CONFIG}",
        )
        for f in reviewed.findings
        if f.allowed is None and _ORDER[f.severity] >= _BLOCKS_FROM[fail_on]
    )
