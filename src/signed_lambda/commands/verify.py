"""Does the alias still run recorded, signed bytes under the recorded configuration? Reads only.

All that differs is told at once: one thing that is wrong never hides another.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from signed_lambda.chain.hash_alias import HashAlias, moved_hash_aliases, name_of
from signed_lambda.chain.observe import observe
from signed_lambda.chain.recall import recall
from signed_lambda.commands.deploy import look_before_writing
from signed_lambda.errors import (
    AliasError,
    CodeSigningError,
    Drifted,
    HashMismatch,
    Problem,
    SignatureError,
    TargetError,
    ZipError,
)
from signed_lambda.model import Version
from signed_lambda.records import AliasRecord
from signed_lambda.report.model import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.publish import PublishedVersion
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import Alias

T = TypeVar("T")
DRIFT = (AliasError, CodeSigningError, HashMismatch, SignatureError, TargetError, ZipError)
"""What a changed world shows as; anything else means that the check itself could not be made."""


def verify(bench: Workbench, order: Order) -> None:
    """Verifies all that the alias routes to, how it came there, and the function's hash aliases.

    Raises:
        Drifted: Something is not as it was recorded; carries all that is not.
        DeployError: The check could not be made.
    """
    drift = _Drift()
    observed = observe(bench, order)
    drift.in_(lambda: look_before_writing(bench, order, observed))
    if observed.alias is not None:
        for published in _routed(bench, order, observed, drift):
            drift.problems += _not_as_recorded(published)
            if published.version == observed.alias.version:
                drift.problems += _moved_by_hand(bench, published, observed.alias)
    if observed.function is not None:
        _look_at_hash_aliases(bench, order, drift)
    drift.require_none(order)


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

    def require_none(self, order: Order) -> None:
        """Does nothing when nothing differs.

        Raises:
            Drifted: Carries all.
        """
        if self.problems:
            first = Problem(
                "E-DRIFT-01",
                f"alias '{order.alias}' of {order.function} is not as it was released",
                "See what follows; roll back to a version that verifies if callers are at risk",
            )
            raise Drifted(first, *self.problems)


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


def _look_at_hash_aliases(bench: Workbench, order: Order, drift: _Drift) -> None:
    """Whether each leads to what its name says, and which one names the alias' version."""
    aliases = bench.cloud.aliases(order.function)
    drift.problems += moved_hash_aliases(bench, order, aliases)
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
