"""What was read of a package, and the review that follows from it.

A file that cannot be read is listed as such, never counted as clean. Imports values and the scan's
own modules.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from signed_lambda.errors import Problem, ScanError
from signed_lambda.lazy import dataclass
from signed_lambda.report.model import Fact, Finding, Link, Status
from signed_lambda.scan import rules, sdk
from signed_lambda.scan.allowances import (
    CONFIG,
    Allowance,
    Entry,
    applied,
    comments,
    read_config,
    written,
)
from signed_lambda.scan.credentials import hidden
from signed_lambda.scan.gathering import gather
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.live import named_by_code
from signed_lambda.scan.reading import Unread
from signed_lambda.scan.rules import quality
from signed_lambda.scan.watch import Watch
from signed_lambda.scan.world import groundwork, world_around

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    from signed_lambda.cloud import Clock
    from signed_lambda.inputs import FailOn
    from signed_lambda.model import Package
    from signed_lambda.report.model import Severity
    from signed_lambda.scan.form import Module
    from signed_lambda.scan.gathering import Gathered
    from signed_lambda.scan.world import Groundwork, World
    from signed_lambda.triggers import LiveTriggers, Named

_EVAL: Final = 'eval("'
_ORDER: Final[dict[Severity, int]] = {"high": 3, "medium": 2, "low": 1, "ask": 0}
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
        files: How many files with code were read: whole, or until it was seen that they name no
            call that matters and that nobody asks for them.
        unread: Files with code and templates that were not read, and why.
        templates: How many templates were read whole.
        installed: How many files of installed packages were passed over: the AWS SDK's own, and
            those that do not use it.
        unused: Allowances of what was read that allow nothing.
        bundles: Bundles whose findings stand at the bundle's own lines, with who made each.
    """

    findings: tuple[Finding, ...]
    files: int
    unread: tuple[Unread, ...]
    templates: int = 0
    installed: int = 0
    unused: tuple[Allowance, ...] = ()
    bundles: tuple[str, ...] = ()

    def fact(self) -> Fact:
        """For the journal: partly read is a warning, never clean."""
        found = f"{len(self.findings)} findings in {self.files} files"
        if self.templates:
            found += f" and {self.templates} templates"
        if self.installed:
            found += f", {self.installed:,} files of installed packages without calls of AWS aside"
        if self.bundles:
            found += f"; bundled, lines are of the bundle: {', '.join(self.bundles[:3])}"
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


@cache
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
        gathered: The files of the package.
        unread: Templates that were not read, and why.
        entries: What `.signed-lambda.yml` allows.
        paths: Of all that could be read.
        root: Where the package's files lie in the repository, None when they are not of it.
    """

    ground: Groundwork
    gathered: Gathered
    unread: tuple[Unread, ...]
    entries: tuple[Entry, ...]
    paths: tuple[str, ...]
    root: str | None

    def named(self, environment: Mapping[str, str]) -> tuple[Named, ...]:
        """What the code writes to, given the environment of the live function."""
        return named_by_code(self.ground.sinks, environment)

    def judge(self, live: LiveTriggers | None = None) -> Review:
        """The review of the package alone, or with what is live around its function."""
        ground = self.ground
        world = world_around(ground, live)
        found = findings_in(world, all_rules())
        read = ground.program.modules.values()
        files = [m for m in read if m.key == m.path]  # not of a template's text
        said = (
            *comments(m for m in read if not m.outer),
            *written(ground.sinks),
            *self.entries,
        )
        findings, unused = applied(found, said, self.root)
        return Review(
            findings=findings,
            files=len(files) + ground.program.passed_over,
            unread=(*self.gathered.unread, *_unread(world, ground, files), *self.unread),
            templates=len(ground.infra.sources),
            installed=self.gathered.installed,
            unused=tuple(a for a in unused if world.complete and a.concerns(self.paths, self.root)),
            bundles=tuple(
                _bundle(m) for m in files if m.bundler and (m.origins is None or m.origins.why)
            ),
        )


def review(
    package: Package,
    function_name: str,
    clock: Clock,
    templates: Mapping[str, bytes] = MappingProxyType({}),
    root: str | None = None,
    entries: Sequence[Entry] = (),
) -> Review:
    """Reviews exactly the bytes that are packed, without an account; see `survey`."""
    return survey(package, function_name, clock, templates, root, entries).judge()


def survey(
    package: Package,
    function_name: str,
    clock: Clock,
    templates: Mapping[str, bytes] = MappingProxyType({}),
    root: str | None = None,
    entries: Sequence[Entry] = (),
    *,
    missing: Iterable[Unread] = (),
) -> Survey:
    """Reads exactly the bytes that are packed.

    Args:
        package: The build.
        function_name: What the function is called, "" when unknown.
        clock: Ends the reading of what takes too long.
        templates: Infrastructure templates by their path in the repository.
        root: Where the package's files lie in the repository, "" for its root, None when they are
            not of it.
        entries: What `.signed-lambda.yml` allows.
        missing: Templates that could not be read.
    """
    watch = Watch(clock.processor)
    gathered = gather(package, watch)
    infra, not_scanned = read_templates(templates, watch)
    olds = sdk.old_sdks(gathered.telling)
    return Survey(
        ground=groundwork(gathered.sources, function_name, infra, root, olds, watch),
        gathered=gathered,
        unread=(*not_scanned, *missing),
        entries=tuple(entries),
        paths=(*gathered.paths, *templates),
        root=root,
    )


def _unread(world: World, ground: Groundwork, files: Iterable[Module]) -> Iterator[Unread]:
    """What was asked for and not read whole."""
    yield from ground.program.unread
    yield from ground.unread
    for module in files:
        if module.unread_line:
            why = f"partly read: line {module.unread_line} is not understood"
            yield Unread(module.path, why)
        if module.bundler and any(_EVAL in line for line in module.lines):
            yield Unread(module.path, "partly read: bundled, and its code stands in texts (eval)")
    for path in ground.cut:
        yield Unread(path, "partly read: of others or minified, and more to follow than its share")
    if not world.complete:
        yield Unread("the package", "more to follow than one review may cost; partly read")


def _bundle(module: Module) -> str:
    """Why the lines of a bundle are told as they are."""
    why = module.origins.why if module.origins is not None else ""
    missing = f", its source map is not used: {why}" if why else ""
    return f"{module.path} (by {module.bundler}{missing})"


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
