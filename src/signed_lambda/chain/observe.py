"""Looks at AWS before anything is written: identity, function, signing, bucket, alias."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from signed_lambda.confighash import Configuration, canonical, code_and_config, unqualified
from signed_lambda.errors import AccessError
from signed_lambda.lazy import dataclass
from signed_lambda.plan import writes_latest
from signed_lambda.records import AliasRecord, alias_seal
from signed_lambda.report.model import Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import (
        Alias,
        Bucket,
        CodeSigning,
        FunctionConfiguration,
        HeldVersion,
        Identity,
        SigningProfile,
    )

T = TypeVar("T")
OTHERS_UPDATE_S: Final = 120.0
"""How long an update that somebody else began is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom a run is about; None where something does not exist.

    Attributes:
        held: The answer that told of the alias' version, for whoever downloads its code.
    """

    identity: Identity
    function: FunctionConfiguration | None
    alias: Alias | None
    held: HeldVersion | None = field(repr=False)

    @property
    def live(self) -> FunctionConfiguration | None:
        """The version that the alias leads to."""
        return self.held.configuration if self.held is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed(Subject):
    """The world before the run; None where something does not exist or was not asked for.

    Attributes:
        unseen: Names of members that a plan's role may not read: None there means unknown.
    """

    configuration: Configuration | None
    code_signing: CodeSigning | None
    profile: SigningProfile | None
    bucket: Bucket | None
    unseen: frozenset[str] = frozenset()


class Observing:
    """The look at AWS, under way: all that can be asked at once is; refuses nothing.

    Two round trips: what needs no answer before, and what the account, the code-signing
    configuration's ARN or the alias name.
    """

    def __init__(self, bench: Workbench, order: Order) -> None:
        """Begins all questions; writes nothing."""
        cloud, name, ask = bench.cloud, order.function, bench.ask
        self._bench, self._order = bench, order
        self._identity = ask(cloud.identity)
        self._function = ask(lambda: _settled(bench, order))
        self._alias = ask(lambda: cloud.alias(name, order.alias))
        self._code_signing = ask(lambda: cloud.code_signing(name))
        self._profile: Future[SigningProfile | None] | None = None
        if (profile := order.profile) is not None:
            self._profile = ask(lambda: cloud.profile(profile, order.profile_owner))
        self._live: Future[HeldVersion | None] | None = None
        if order.command in ("deploy", "plan"):
            self._live = ask(lambda: cloud.held(name, order.alias))
        self._bucket: Future[Bucket] | None = None
        if order.bucket:
            self._bucket = ask(lambda: cloud.bucket(order.bucket, self._owner()))

    def _owner(self) -> str:
        return self._order.owner or self._identity.result().account

    def subject(self) -> Subject | None:
        """The first answers, before the others have come; None where they are not to be had.

        Which is for `observed` to tell: the error, or that there is no such function.
        """
        if any(asked.exception() for asked in (self._identity, self._function, self._alias)):
            return None
        function, alias = self._function.result(), self._alias.result()
        if function is None or function.package_type != "Zip":
            return None
        if alias is not None and self._live is not None and self._live.exception():
            return None
        return Subject(
            identity=self._identity.result(),
            function=function,
            alias=alias,
            held=self._held(alias) if alias else None,
        )

    def _held(self, alias: Alias) -> HeldVersion | None:
        """The version that the alias leads to: asked for by the alias' name, beside the alias.

        Lambda answers it with the ARN of the alias. Where somebody moved the alias between both
        answers, the alias' own answer counts.
        """
        if self._live is None:
            return None
        live = self._live.result()
        if live is None or live.configuration.version != alias.version:
            return self._bench.cloud.held(self._order.function, alias.version)
        arn = live.configuration.arn.removesuffix(f":{alias.name}")
        named = replace(live.configuration, arn=f"{arn}:{alias.version}")
        return replace(live, configuration=named)

    def observed(self) -> Observed:
        """All answers; waits for them, at most two minutes for an update that others began.

        That update is waited for only where $LATEST will be written (`writes_latest`).

        Raises:
            AccessError: The role may not read something; a `plan` notes it and goes on.
        """
        identity = self._identity.result()
        self._bench.journal.know(region=identity.region)
        look = _Look(self._bench, lenient=self._order.command == "plan")
        function = look("function", self._function.result)
        is_zip = function.package_type == "Zip" if function else "function" in look.unseen
        alias = look("alias", self._alias.result) if is_zip else None
        held = look("live version", lambda: self._held(alias)) if alias else None
        observed = Observed(
            identity=identity,
            function=function,
            configuration=look(
                "configuration", lambda: canonical(function.content) if function else None
            ),
            code_signing=look("code_signing", self._code_signing.result) if is_zip else None,
            profile=look("profile", self._profile.result) if self._profile else None,
            bucket=look("bucket", self._bucket.result) if self._bucket else None,
            alias=alias,
            held=held,
            unseen=frozenset(look.unseen),
        )
        _note(self._bench, self._order, observed)
        return observed


def observe(bench: Workbench, order: Order) -> Observed:
    """Reads all that the plan needs; writes nothing and refuses nothing.

    Raises:
        AccessError: The role may not read something; a `plan` notes it and goes on.
    """
    return Observing(bench, order).observed()


class _Look:
    """Takes one answer; where a plan's role may not read, that is a skipped check with reason."""

    def __init__(self, bench: Workbench, *, lenient: bool) -> None:
        self._bench = bench
        self._lenient = lenient
        self.unseen: set[str] = set()

    def __call__(self, name: str, read: Callable[[], T | None]) -> T | None:
        try:
            return read()
        except AccessError as error:
            if not self._lenient:
                raise
            self.unseen.add(name)
            self._bench.journal.fact(
                step="observe",
                title=f"Look at the {name.replace('_', ' ')}",
                status=Status.SKIPPED,
                proof=error.problems[0].what,
            )
            return None


def _settled(bench: Workbench, order: Order) -> FunctionConfiguration | None:
    started_at = bench.clock.monotonic()

    def done(function: FunctionConfiguration | None) -> bool:
        waited_s = bench.clock.monotonic() - started_at
        is_over = function is None or not is_changing(function) or waited_s > OTHERS_UPDATE_S
        return is_over or not writes_latest(order)

    return bench.poll(
        f"an update of {order.function} that this run did not begin",
        lambda: bench.cloud.function(order.function),
        done,
        lambda f: f"{f.state}/{f.last_update_status}" if f else "missing",
    )


def is_changing(function: FunctionConfiguration) -> bool:
    """Whether the function is being created or updated."""
    return function.state == "Pending" or function.last_update_status == "InProgress"


def fitting_record(alias: Alias | None, live: FunctionConfiguration | None) -> AliasRecord | None:
    """The record of the move that brought the alias to the version where it is.

    A move by hand keeps the Description: what it says of where the alias was before is then of
    another move. None where there is no record, or its seal does not fit.

    Args:
        alias: As it is now, None where there is none.
        live: The version that it leads to, None where it is no published one.
    """
    record = AliasRecord.parse(alias.description) if alias is not None else None
    if alias is None or record is None or live is None or live.code_sha256 is None:
        return None
    if live.version != alias.version:
        return None
    content = code_and_config(live.code_sha256, canonical(live.content))
    made_for = alias_seal(unqualified(live.arn), alias.name, live.version, content.hex)
    return record if record.seal == made_for else None


def _note(bench: Workbench, order: Order, observed: Observed) -> None:
    journal = bench.journal
    if observed.alias is not None:
        journal.know(previous_version=observed.alias.version, version=observed.alias.version)
    if observed.profile is not None:
        journal.know(signing_profile=observed.profile.name)
    if observed.configuration is not None and observed.configuration.unknown:
        journal.warn(
            "Lambda answers configuration members that this version of the action does not know;"
            f" they are part of the hash: {', '.join(observed.configuration.unknown)}"
        )
    missing = "not seen" if "alias" in observed.unseen else "does not exist yet"
    at = observed.alias.version if observed.alias else missing
    signing = observed.code_signing.policy if observed.code_signing else "none"
    journal.fact(
        step="observe",
        title=f"Look at {order.function} in {observed.identity.region}",
        status=Status.OK,
        proof=f"alias '{order.alias}' {at}, code signing {signing}",
    )
