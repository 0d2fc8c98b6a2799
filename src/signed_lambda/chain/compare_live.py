"""What a deploy would change: the build against the live version's code and configuration."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from signed_lambda.confighash import canonical, changes
from signed_lambda.errors import AccessError, TargetError, ZipError
from signed_lambda.package import (
    SIGNATURE_FILE,
    SIGNED_LIMITS,
    Dependency,
    owners,
    read_zip,
    reopen,
)
from signed_lambda.report.model import Comparison, DependencyMove, FileChange, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.model import Package
    from signed_lambda.package import ZipContents


def compare_live(bench: Workbench, order: Order, package: Package, observed: Observed) -> None:
    """Records which files and configuration members a deploy would change.

    Code that cannot be downloaded or read (a version of somebody else's making) is a skipped check
    with its reason.
    """
    live, latest = observed.live, observed.configuration
    if live is None or latest is None:
        return
    to = bench.new_file("live-code.zip")  # a plan's last step: it goes with the private folder
    try:
        got = bench.cloud.download_code(order.function, live.version, to, observed.held)
        contents = read_zip(got.path, limits=SIGNED_LIMITS)
    except (AccessError, TargetError, ZipError) as error:
        bench.journal.fact(
            step="compare",
            title=f"Compare with version {live.version}",
            status=Status.SKIPPED,
            proof=error.problems[0].what,
        )
        return
    files, same = _differences(contents, package)
    files, dependencies = _with_dependencies(contents, package, files)
    comparison = Comparison(
        version=live.version,
        code_sha256=live.code_sha256,
        files=files,
        same_files=same,
        dependencies=dependencies,
        configuration=changes(canonical(live.content), latest),
    )
    bench.journal.compared(comparison)
    bench.journal.fact(
        step="compare",
        title=f"Compare with version {live.version}",
        status=Status.OK,
        proof=f"files that differ: {len(files)}, that are the same: {same}; members of the"
        f" configuration that differ: {len(comparison.configuration)}",
    )


def _differences(contents: ZipContents, package: Package) -> tuple[tuple[FileChange, ...], int]:
    """What differs, and how many files do not. A change of kind or mode alone is a change too."""
    before = {
        e.name: (e.size_bytes, e.sha256, e.kind, e.mode)
        for e in contents.entries
        if e.kind != "directory" and e.name != SIGNATURE_FILE
    }
    after = {e.name: (e.size_bytes, e.sha256, e.kind, e.mode) for e in package.entries}
    names = sorted(set(before) | set(after))
    found = [
        FileChange(
            name,
            before[name][0] if name in before else None,
            after[name][0] if name in after else None,
        )
        for name in names
        if before.get(name) != after.get(name)
    ]
    return tuple(found), len(names) - len(found)


def _with_dependencies(
    live: ZipContents, package: Package, files: tuple[FileChange, ...]
) -> tuple[tuple[FileChange, ...], tuple[DependencyMove, ...]]:
    """The changes with the installed package that each belongs to, and these packages."""
    names = [change.name for change in files]
    before = owners(live, names)
    after = owners(reopen(package), names) if names else {}
    marked = tuple(
        replace(
            change, dependency=(after.get(change.name) or before.get(change.name) or _NONE).name
        )
        for change in files
    )
    counted = Counter(change.dependency for change in marked if change.dependency)
    moves = tuple(
        DependencyMove(
            name=name,
            before=_version(before.values(), name),
            after=_version(after.values(), name),
            files=count,
        )
        for name, count in sorted(counted.items())
    )
    return marked, moves


_NONE = Dependency("", "")


def _version(found: Iterable[Dependency], name: str) -> str:
    """The package's versions there; more than one when it is installed in several places."""
    return ", ".join(sorted({d.version for d in found if d.name == name and d.version}))
