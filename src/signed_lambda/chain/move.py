"""Step 13: the alias moves, as compare-and-swap, and is read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from signed_lambda.cloud import AlreadyExistsError, RevisionMovedError
from signed_lambda.errors import (
    AccessError,
    AwsError,
    Cancelled,
    CodeSigningError,
    Conflict,
    DeadlineError,
    IdentityError,
    MovedUnconfirmed,
    Superseded,
)
from signed_lambda.lazy import dataclass
from signed_lambda.records import AliasRecord
from signed_lambda.report.model import Fact, Link, Reach, Status

if TYPE_CHECKING:
    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.publish import PublishedVersion
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import Alias, CodeSigning
    from signed_lambda.model import AliasName, Sha256

LOST = (AwsError, DeadlineError, Cancelled, AccessError, IdentityError)
"""Errors after which a write that was sent may still have happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasMove:
    """The alias was read back and routes all calls to the version."""

    alias: AliasName
    before: str
    after: str
    sha256: Sha256
    revision_id: str
    moved: bool
    recorded: bool

    @classmethod
    def confirm(
        cls,
        published: PublishedVersion,
        before: Alias | None,
        answer: Alias,
        *,
        moved: bool,
        record: str = "",
    ) -> Self:
        """From the alias as it was read back.

        Args:
            published: Where it must be.
            before: As it was observed.
            answer: As it was read back.
            moved: Whether this run moved it.
            record: What this run wrote into its Description, "" where it wrote nothing.

        Raises:
            Superseded: A later run moved it on.
            Conflict: It is elsewhere, or weighted.
        """
        if answer.version != published.version or answer.weights:
            raise _lost_to(answer.name, published, answer, before, record, after_ours=moved)
        return cls(
            alias=answer.name,
            before=before.version if before else "",
            after=answer.version,
            sha256=published.sha256,
            revision_id=answer.revision_id,
            moved=moved and answer.version != (before.version if before else ""),
            recorded=bool(record),
        )

    def fact(self) -> Fact:
        """For the journal."""
        route = f"{self.before or 'new'} -> {self.after}" if self.moved else f"at {self.after}"
        if self.recorded and not self.moved:
            route += ", where somebody else had put it: now recorded"
        return Fact(
            step="alias",
            title=f"Move alias '{self.alias}'" if self.moved else f"Alias '{self.alias}'",
            status=Status.OK,
            proof=f"{route}, read back, revision {self.revision_id}",
        )

    def links(self) -> tuple[Link, ...]:
        """The alias leads to the version's code."""
        name = f"CodeSha256 behind alias '{self.alias}'"
        return (Link(name=name, sha256=self.sha256, equals=f"version {self.after}"),)


class SecondLook:
    """The code-signing configuration, asked for again before the alias moves; under way."""

    def __init__(self, bench: Workbench, order: Order, observed: Observed) -> None:
        """Begins both questions side by side: which one is attached, and what it says now."""
        cloud, before = bench.cloud, observed.code_signing
        self._order, self._cloud, self._before = order, cloud, before
        self._arn = bench.ask(lambda: cloud.code_signing_arn(order.function))
        self._now = bench.ask(lambda: cloud.code_signing_config(before.arn)) if before else None

    def require_same(self) -> None:
        """Does nothing when it is the one that was observed.

        Raises:
            CodeSigningError: It is not.
        """
        arn = self._arn.result()
        if self._now is not None and self._before is not None and arn == self._before.arn:
            now = self._now.result()
        else:
            now = self._cloud.code_signing_config(arn) if arn is not None else None
        if now != self._before:
            raise CodeSigningError.of(
                "E-CODESIGNING-05",
                f"the code-signing configuration of {self._order.function} was changed while this"
                f" run worked: {_told(self._before)} -> {_told(now)}",
                "Find out who changed it, then run it again",
            )


def move_alias(
    bench: Workbench,
    order: Order,
    published: PublishedVersion,
    observed: Observed,
    looking: SecondLook | None = None,
) -> AliasMove:
    """Routes the alias to the version, only if nobody moved it since it was observed.

    The version before, the run and what the alias was moved to are recorded in the same call (the
    alias' Description). Where it leads to the version already, but by somebody else's hand, only
    that record is written, so that `verify` finds it recorded; where somebody put it there after it
    was observed, the refused move is sent once more.
    RoutingConfig is always sent empty, so that no weight survives.

    Args:
        bench: The means.
        order: What was asked for.
        published: The version, verified.
        observed: The world before the run.
        looking: Begun right before, beside another call; None: it is asked now.

    Raises:
        Conflict, Superseded: Somebody else moved the alias; it was left there.
        CodeSigningError: The code-signing configuration was changed since it was observed.
        MovedUnconfirmed: The move was sent and cannot be read back.
    """
    before = observed.alias
    bench.journal.know(
        version=published.version, version_arn=published.arn, code_sha256=published.sha256
    )
    if before is not None and _is_there(before, published):
        now = bench.cloud.alias(order.function, order.alias)
        if now is None:
            raise _lost_to(order.alias, published, None, before)
        return AliasMove.confirm(published, before, now, moved=False)
    (looking or SecondLook(bench, order, observed)).require_same()
    record = str(_record(order, published, before))
    bench.deadline.check(f"moving alias '{order.alias}'")
    return _move(bench, order, published, before, record, at=before)


def _move(
    bench: Workbench,
    order: Order,
    published: PublishedVersion,
    before: Alias | None,
    record: str,
    *,
    at: Alias | None,
) -> AliasMove:
    """Sends the move and reads it back.

    Args:
        bench: The means.
        order: What was asked for.
        published: The version.
        before: The alias as it was observed.
        record: Of the move.
        at: As it was seen last: only from there it is moved.
    """
    bench.journal.writing(Reach.ALIAS)
    try:
        _send(bench, order, published, at, record)
    except (RevisionMovedError, AlreadyExistsError, *LOST) as error:
        now = _read_back(bench, order)
        if now is None or now.version != published.version or now.weights:
            bench.journal.stood(now.version if now else "")
            if isinstance(error, LOST):
                raise
            raise _lost_to(order.alias, published, now, before, record) from None
        if now.description == record:  # by our write, whose answer was lost
            return AliasMove.confirm(published, before, now, moved=True, record=record)
        if _is_there(now, published):  # by that of another run with the same version: right, too
            return AliasMove.confirm(published, before, now, moved=False)
        if at is before and not isinstance(error, LOST):
            bench.journal.stood()
            again = _move(bench, order, published, before, record, at=now)
            if again.recorded:
                bench.journal.warn(
                    f"alias '{order.alias}' was changed by somebody outside this action while this"
                    f" run worked, and was at version {published.version} already: now recorded"
                )
            return again
        return _unrecorded(bench, published, before, now)
    now = _read_back(bench, order)
    if now is None:
        raise _lost_to(order.alias, published, None, before)
    return AliasMove.confirm(published, before, now, moved=True, record=record)


def _send(
    bench: Workbench,
    order: Order,
    published: PublishedVersion,
    at: Alias | None,
    record: str,
) -> None:
    cloud, version = bench.cloud, published.version
    if at is None:
        cloud.create_alias(order.function, order.alias, version, record)
    else:
        cloud.update_alias(order.function, order.alias, version, record, at.revision_id)


def _unrecorded(
    bench: Workbench, published: PublishedVersion, before: Alias | None, now: Alias
) -> AliasMove:
    """It is where it should be, by another hand: no failure, and the missing record is told."""
    bench.journal.warn(
        f"alias '{now.name}' is at version {now.version}, but its Description is somebody else's:"
        " `verify` calls it moved by hand until a deploy of it, or a rollback to it, records it"
    )
    return AliasMove.confirm(published, before, now, moved=False)


def _read_back(bench: Workbench, order: Order) -> Alias | None:
    try:
        with bench.deadline.grace():
            return bench.cloud.alias(order.function, order.alias)
    except LOST as error:
        raise MovedUnconfirmed.of(
            "E-MOVED-01",
            f"the move of alias '{order.alias}' of {order.function} was sent and cannot be read"
            f" back: {error.problems[0].what}",
            f"Look: `aws lambda get-alias --function-name {order.function} --name {order.alias}`;"
            " running it again converges",
        ) from error


def _told(signing: CodeSigning | None) -> str:
    """A code-signing configuration as a person reads it."""
    if signing is None:
        return "none"
    publishers = ", ".join(
        p.rsplit("/signing-profiles/", 1)[-1] for p in signing.allowed_publishers
    )
    return f"{signing.arn}, policy {signing.policy}, publishers {publishers or 'none'}"


def _is_there(before: Alias, published: PublishedVersion) -> bool:
    """Whether the alias leads to the version alone, by a recorded move."""
    record = AliasRecord.parse(before.description)
    return (
        before.version == published.version
        and not before.weights
        and record is not None
        and record.seal == published.seal_behind(before.name)
    )


def _record(order: Order, published: PublishedVersion, before: Alias | None) -> AliasRecord:
    """The record of the move; nobody knows what was there before somebody else's."""
    moving = before is not None and before.version != published.version
    return AliasRecord(
        command=order.command,
        previous=before.version if before and moving else "",
        run=order.run.run_id,
        attempt=order.run.attempt,
        commit=order.run.commit,
        seal=published.seal_behind(order.alias),
        reason=order.reason,
    )


def _lost_to(
    alias: AliasName,
    published: PublishedVersion,
    now: Alias | None,
    before: Alias | None,
    ours: str = "",
    *,
    after_ours: bool = False,
) -> Conflict | Superseded:
    """Names who won: a run, if it left a record that is neither ours nor the one from before.

    Args:
        alias: Its name.
        published: Where it should be.
        now: As it was read back, None where it is gone.
        before: As it was observed.
        ours: What this run wants to be its Description.
        after_ours: Our move took place before: where it is back at the version, it was moved.
    """
    if now is None:
        return Conflict.of(
            "E-CONFLICT-04",
            f"alias '{alias}' of {published.function} was deleted by somebody else while this run"
            " worked",
            "Find out who; running it again creates the alias, at the new version",
        )
    known = {ours, before.description if before else ""}
    record = None if now.description in known else AliasRecord.parse(now.description)
    by = f"run {record.run}.{record.attempt}" if record else "somebody outside this action"
    stayed = before is not None and now.version == before.version and not after_ours
    done = "changed" if stayed else "moved"
    what = (
        f"alias '{now.name}' is at version {now.version}"
        f"{f', with weights: {now.route}' if now.weights else ''},"
        f" {done} by {by} while this run worked; version {published.version} was ready"
    )
    if record is not None:
        return Superseded.of(
            "E-SUPERSEDED-01", what, "Nothing, if that run is the one that should win"
        )
    return Conflict.of("E-CONFLICT-04", what, f"Find out who {done} it, then run it again")
