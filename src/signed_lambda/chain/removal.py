"""Removes old versions after the alias has moved: those of this action that nothing names.

It deletes what it can prove to be nobody's: a version that this action published, older than the
newest so many of its own, that no alias leads to (not with a weight either) but its own hash alias,
that is on no alias' record as the one before, and that has no provisioned concurrency. Everything
else stays. What calls a version by its bare number (an event source, a client) leaves no trace that
could be looked at here: give it an alias.

The aliases are read again right before each deletion, and Lambda itself refuses to delete a version
that an alias names, so a race with somebody else's move ends with the version kept. A hash alias
goes first, because it would keep its version; it is deleted, never moved.

The alias has moved when this begins: nothing here changes how the deploy ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.chain.hash_alias import IMMUTABLE, name_of
from signed_lambda.cloud import InUseError
from signed_lambda.confighash import canonical
from signed_lambda.errors import DeployError
from signed_lambda.lazy import dataclass
from signed_lambda.model import Version
from signed_lambda.records import AliasRecord, VersionRecord
from signed_lambda.report.model import Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from signed_lambda.chain.move import AliasMove
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import Alias, FunctionConfiguration

MOST: Final = 50
"""Versions that one run deletes; the next deploy goes on. Each takes three calls."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An old version that stays, and why."""

    version: str
    why: str


def remove_old_versions(bench: Workbench, order: Order, keep: int, moved: AliasMove) -> None:
    """Deletes what is older than the newest `keep` versions of this action and named by nothing.

    Never raises what went wrong: it is told as a warning, with what was removed until then.

    Args:
        bench: The means.
        order: Says the function.
        keep: At least 1.
        moved: The move that has succeeded.
    """
    removed: list[str] = []
    kept: list[Kept] = []
    trouble = ""
    try:
        cloud, name = bench.cloud, order.function
        asked = bench.ask(lambda: cloud.provisioned(name))
        versions, aliases = cloud.versions(name), cloud.aliases(name)
        old = _old(versions, keep, moved)
        provisioned = asked.result()
        for version in old:
            why = _why_kept(version, aliases, provisioned, own=None)
            if why is None and len(removed) >= MOST:
                why = "left for the next deploy"
            if why is None:
                why = _remove(bench, order, version, provisioned)
            if why is None:
                removed.append(version.version)
            else:
                kept.append(Kept(version.version, why))
    except DeployError as error:
        trouble = error.problems[0].what
    _tell(bench, keep, removed, kept, trouble)


def _old(
    versions: Iterable[FunctionConfiguration], keep: int, moved: AliasMove
) -> list[FunctionConfiguration]:
    """Versions before the newest `keep` of ours, oldest first.

    None that is newer than where the alias leads: another run may have just published it.
    """
    known = [*versions]
    ours = [int(v.version) for v in known if VersionRecord.parse(v.description) is not None]
    oldest_kept = min([int(moved.after), *sorted(ours)[-keep:]])
    return [v for v in known if int(v.version) < oldest_kept]


def _why_kept(
    version: FunctionConfiguration,
    aliases: Iterable[Alias],
    provisioned: Collection[str],
    *,
    own: str | None,
) -> str | None:
    """Why an old version stays; None where nothing names it.

    Args:
        version: Older than what is kept.
        aliases: All of the function.
        provisioned: Versions and aliases with provisioned concurrency.
        own: Name of the version's hash alias; None: any hash alias may be it, to be looked at
            again (a list of versions may leave members out).
    """
    number = version.version
    if VersionRecord.parse(version.description) is None:
        return "published outside this action"
    if number in provisioned:
        return "has provisioned concurrency"
    for alias in aliases:
        if number in (alias.version, *alias.weights) and not _is_own(alias, own):
            return f"alias '{alias.name}' leads to it"
        record = AliasRecord.parse(alias.description)
        if record is not None and record.previous == number:
            return f"alias '{alias.name}' ran it before"
    return None


def _own_name(version: FunctionConfiguration) -> str:
    code = version.code_sha256
    return name_of(code, canonical(version.content)) if code is not None else ""


def _is_own(alias: Alias, own: str | None) -> bool:
    """A hash alias that this action made of exactly this version's content."""
    named = alias.name.startswith("HASH-") if own is None else alias.name == own
    return named and alias.description == IMMUTABLE and not alias.weights


def _remove(
    bench: Workbench,
    order: Order,
    listed: FunctionConfiguration,
    provisioned: Collection[str],
) -> str | None:
    """Looks again, then deletes the version's hash alias and the version; why not, or None."""
    cloud, name, number = bench.cloud, order.function, Version(listed.version)
    version = cloud.function(name, number)
    if version is None:
        return "deleted by somebody else"
    aliases, own = cloud.aliases(name), _own_name(version)
    if (why := _why_kept(version, aliases, provisioned, own=own)) is not None:
        return why
    bench.deadline.check(f"removing version {number}")
    for alias in aliases:
        if alias.version == number and _is_own(alias, own):
            cloud.delete_alias(name, alias.name)
    bench.deadline.check(f"removing version {number}")
    try:
        cloud.delete_version(name, number)
    except InUseError as error:
        return f"Lambda keeps it: {error}; its hash alias is gone, the next deploy of it makes one"
    return None


def _tell(bench: Workbench, keep: int, removed: list[str], kept: list[Kept], trouble: str) -> None:
    parts = [f"removed {', '.join(removed)}" if removed else "nothing removed"]
    parts += [f"kept {k.version} ({k.why})" for k in kept]
    if trouble:
        parts.append(f"stopped: {trouble}")
        bench.journal.warn(
            f"Old versions could not all be removed (keep-versions): {trouble}. The alias has moved"
            " all the same; the next deploy tries again"
        )
    bench.journal.fact(
        step="remove",
        title=f"Keep the newest {keep} version{'' if keep == 1 else 's'}",
        status=Status.WARNING if trouble else Status.OK,
        proof="; ".join(parts),
    )
