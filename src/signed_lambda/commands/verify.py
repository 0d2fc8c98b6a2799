"""Does the alias still run recorded, signed bytes under the recorded configuration? Reads only.

All that differs is told at once: one thing that is wrong never hides another.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from signed_lambda.chain.hash_alias import HashAlias, moved_hash_aliases, name_of, versions_of
from signed_lambda.chain.latest import LatestLook, tell_recursion
from signed_lambda.chain.observe import Observing
from signed_lambda.chain.recall import recall
from signed_lambda.commands.deploy import look_before_writing
from signed_lambda.errors import (
    AccessError,
    AliasError,
    Cancelled,
    CodeSigningError,
    DeployError,
    Drifted,
    HashMismatch,
    Problem,
    SignatureError,
    TargetError,
    Unverified,
    ZipError,
)
from signed_lambda.journal import Journal
from signed_lambda.lazy import dataclass
from signed_lambda.model import Version
from signed_lambda.plan import require, unseen
from signed_lambda.records import AliasRecord
from signed_lambda.report.model import Check, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from signed_lambda.chain.latest import Latest
    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.publish import PublishedVersion
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import Alias, FunctionConfiguration
    from signed_lambda.report.model import Verdict

T = TypeVar("T")
DRIFT = (AliasError, CodeSigningError, HashMismatch, SignatureError, TargetError, ZipError)
"""What a changed world shows as; anything else means that the check itself could not be made."""
SIDE_BY_SIDE: Final = 4
"""As many connections as a client keeps."""
CALLS_PER_S: Final = 10.0
"""Of several aliases together. Lambda answers 15 calls a second of its control plane for the whole
account and region: a deploy at the same time shall not be throttled for a look.
Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests
"""
NAMED: Final = 8
"""Aliases that an error names; the table has all."""


def verify(bench: Workbench, orders: Sequence[Order]) -> None:
    """Verifies each alias: all that it routes to, how it came there, the function's hash aliases.

    Several are verified side by side, each by itself: what is wrong with one, or cannot be seen of
    it, hides nothing of another.

    Raises:
        Drifted: Something is not as it was recorded; carries all that is not.
        Unverified: Some of several could not be checked, and nothing else was found.
        DeployError: The only one could not be checked.
    """
    if len(orders) == 1:
        alone = _checked(bench, orders[0])
        bench.journal.checked((alone.check,))
        if alone.error is not None:
            raise alone.error
        _conclude((alone.check,))
        return
    checks = tuple(_each(bench, orders))
    bench.journal.checked(checks)
    _conclude(checks)


def _each(bench: Workbench, orders: Sequence[Order]) -> Iterator[Check]:
    """The checks in the orders' order, told as they come."""
    slowed = replace(bench, cloud=bench.cloud.slowed(CALLS_PER_S))
    bench.journal.know(region=bench.cloud.identity().region)
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="verify") as pool:
        running = [
            pool.submit(_checked, replace(slowed, journal=Journal(bench.clock, _Unheard())), order)
            for order in orders
        ]
        try:
            for future in running:
                check = future.result().check
                bench.journal.fact(
                    step="verify",
                    title=check.name,
                    status=_STATUS[check.verdict],
                    proof=check.problems[0].what if check.problems else "runs what was recorded",
                )
                yield check
        finally:
            pool.shutdown(cancel_futures=True)


_STATUS: Final[Mapping[Verdict, Status]] = {
    "verified": Status.OK,
    "drifted": Status.FAILED,
    "unverified": Status.SKIPPED,
}


class _Unheard:
    """The log of one of several checks: they run at once, so each is told when it has ended."""

    def line(self, text: str) -> None:
        """Prints nothing."""

    def group(self, title: str, lines: Iterable[str]) -> None:
        """Prints nothing."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """A check, and the error that kept it from being made."""

    check: Check
    error: DeployError | None


def _checked(bench: Workbench, order: Order) -> _Ended:
    bench.deadline.check_stop()  # of many, the others do not begin
    error: DeployError | None = None
    try:
        problems = _differences(bench, order)
        verdict: Verdict = "drifted" if problems else "verified"
    except Cancelled:
        raise
    except DeployError as raised:
        error, problems, verdict = raised, raised.problems, "unverified"
    seen = bench.journal.close(
        command=order.command,
        outcome="verified",
        function_name=order.function,
        alias=order.alias,
        run=order.run,
        action_version="",
    )
    check = Check(
        function_name=order.function,
        alias=order.alias,
        verdict=verdict,
        version=seen.version,
        code_sha256=seen.code_sha256,
        hash_alias=seen.hash_alias,
        problems=problems,
        warnings=seen.warnings,
        facts=seen.facts,
    )
    return _Ended(check, error)


def _conclude(checks: Sequence[Check]) -> None:
    """Does nothing when every alias was verified.

    Raises:
        Drifted, Unverified: As `verify`.
    """
    drifted = [c for c in checks if c.verdict == "drifted"]
    unverified = [c for c in checks if c.verdict == "unverified"]
    drift = [*_drift(drifted, len(checks))] if drifted else []
    unknown = [*_unknown(unverified, len(checks))] if unverified else []
    if drift:
        raise Drifted(*drift, *unknown)
    if unknown:
        raise Unverified(*unknown)


def _drift(drifted: Sequence[Check], of: int) -> Iterator[Problem]:
    one = drifted[0]
    what = (
        f"alias '{one.alias}' of {one.function_name} is not as it was released"
        if of == 1
        else f"{len(drifted)} of {of} aliases are not as they were released: {_names(drifted)}"
    )
    yield Problem(
        "E-DRIFT-01",
        what,
        "See what follows; roll back to a version that verifies if callers are at risk",
    )
    for check in drifted:
        yield from check.problems if of == 1 else _prefixed(check)


def _unknown(unverified: Sequence[Check], of: int) -> Iterator[Problem]:
    yield Problem(
        "E-VERIFY-01",
        f"{len(unverified)} of {of} aliases could not be checked: {_names(unverified)}",
        "See what follows; what cannot be checked is not verified",
    )
    for check in unverified:
        yield from _prefixed(check)


def _prefixed(check: Check) -> Iterator[Problem]:
    yield from (replace(p, what=f"{check.name}: {p.what}") for p in check.problems)


def _names(checks: Sequence[Check]) -> str:
    more = f" and {len(checks) - NAMED} more" if len(checks) > NAMED else ""
    return ", ".join(c.name for c in checks[:NAMED]) + more


def _differences(bench: Workbench, order: Order) -> tuple[Problem, ...]:
    """All that is not as it was recorded; empty when all is.

    Raises:
        DeployError: The check could not be made.
    """
    drift = _Drift()
    observing, looking = Observing(bench, order), LatestLook(bench, order)
    recursion = bench.ask(lambda: bench.cloud.recursive_loop(order.function))
    listed = bench.ask(lambda: bench.cloud.aliases(order.function))
    numbered = bench.ask(lambda: versions_of(bench, order, listed.result()))
    observed = observing.observed()
    if observed.function is not None:
        looking.go_on(observed)
    drift.in_(lambda: look_before_writing(bench, order, observed))
    if observed.alias is not None:
        for published in _routed(bench, order, observed, drift):
            drift.problems += _not_as_recorded(published)
            if published.version == observed.alias.version:
                drift.problems += _moved_by_hand(bench, published, observed.alias)
    if observed.function is not None:
        _look_at_hash_aliases(bench, order, drift, listed.result(), numbered)
        tell_recursion(bench, observed.function, recursion)
        latest = looking.tell()
        if order.require_lock:
            drift.problems += _not_locked(order, latest)
    if not drift.problems:
        require(unseen(bench.journal, order))
    return tuple(drift.problems)


class _Drift:
    """What differs, collected."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.published: list[PublishedVersion] = []

    def in_(self, step: Callable[[], T]) -> T | None:
        """The step's result; None when what it found is kept as drift."""
        try:
            return step()
        except DRIFT as error:
            self.problems += error.problems
            return None


def _routed(
    bench: Workbench, order: Order, observed: Observed, drift: _Drift
) -> Iterator[PublishedVersion]:
    """Each version that calls may reach, verified again; the alias' own one last."""
    alias = observed.alias
    numbers = (*alias.weights, alias.version) if alias is not None else ()
    for number in dict.fromkeys(numbers):
        if number == "$LATEST":  # the plan says so
            continue
        published = drift.in_(partial(recall, bench, order, observed, Version(number)))
        if published is not None:
            drift.published.append(bench.journal.note(published))
            yield published


def _not_as_recorded(published: PublishedVersion) -> Iterator[Problem]:
    if published.record is not None and not published.is_as_recorded:
        yield Problem(
            "E-DRIFT-03",
            f"the record of version {published.version} was made for another function, build or"
            " configuration than the version holds",
            "Find out who published it, and deploy again",
        )


def _moved_by_hand(
    bench: Workbench, published: PublishedVersion, alias: Alias
) -> Iterator[Problem]:
    """A problem where the alias' record is not of a move to exactly this content.

    A move by hand keeps the old record or has none; the same code under another configuration has
    another seal.
    """
    record = AliasRecord.parse(alias.description)
    if record is not None and record.seal == published.seal_behind(alias.name):
        bench.journal.fact(
            step="record",
            title=f"Alias '{alias.name}'",
            status=Status.OK,
            proof=f"moved here by {record.command} in run {record.run}.{record.attempt}",
        )
        return
    what = (
        f"its record is of run {record.run}.{record.attempt}, which moved it to another version,"
        " configuration or function"
        if record is not None
        else "its Description holds no record"
    )
    yield Problem(
        "E-DRIFT-02",
        f"alias '{alias.name}' was moved to version {published.version} outside of this action:"
        f" {what}",
        f"Find out who moved it. To go back: `command: rollback`, `to:` a version; to keep it: `to:"
        f" {published.version}` records it",
    )


def _not_locked(order: Order, latest: Latest) -> Iterator[Problem]:
    """A problem where the lock that is demanded does not stand.

    Raises:
        AccessError: It could not be seen.
    """
    if latest.lock == "unseen":
        raise AccessError.of(
            "E-ACCESS-03",
            f"whether $LATEST of {order.function} is locked could not be seen: {latest.why}",
            "Allow the role lambda:GetPolicy on the function",
        )
    if latest.lock == "none":
        yield Problem(
            "E-DRIFT-04",
            f"$LATEST of {order.function} is not locked, as lock-latest: policy demands:"
            f" {latest.why}",
            "Lock it (`command: lock`, `lock-latest: policy`) after you have found out who removed"
            " the lock",
        )


def _look_at_hash_aliases(
    bench: Workbench,
    order: Order,
    drift: _Drift,
    aliases: Sequence[Alias],
    versions: Future[tuple[FunctionConfiguration, ...]],
) -> None:
    """Whether each leads to what its name says, and which one names the alias' version."""
    drift.problems += moved_hash_aliases(bench, order, aliases, versions.result())
    if not (order.hash_alias and drift.published):
        return
    published = drift.published[-1]
    name = name_of(published.sha256, published.configuration)
    alias = next((a for a in aliases if a.name == name), None)
    if alias is not None and alias.version == published.version and not alias.weights:
        bench.journal.know(hash_alias=name)
        bench.journal.note(HashAlias.confirm(published, alias))
        return
    bench.journal.fact(
        step="hash-alias",
        title="Hash alias",
        status=Status.WARNING,
        proof=f"{name} names version {alias.version}"
        if alias is not None
        else f"{name} does not exist: released without it, or deleted since",
    )
