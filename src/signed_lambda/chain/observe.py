"""Looks at AWS before anything is written: identity, function, signing, bucket, alias."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from signed_lambda.confighash import Configuration, canonical
from signed_lambda.errors import AccessError
from signed_lambda.lazy import dataclass
from signed_lambda.report.model import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import (
        Alias,
        Bucket,
        CodeSigning,
        FunctionConfiguration,
        Identity,
        SigningProfile,
    )

T = TypeVar("T")
OTHERS_UPDATE_S: Final = 120.0
"""How long an update that somebody else began is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The world before the run; None where something does not exist or was not asked for.

    Attributes:
        unseen: Names of members that a plan's role may not read: None there means unknown.
    """

    identity: Identity
    function: FunctionConfiguration | None
    configuration: Configuration | None
    code_signing: CodeSigning | None
    profile: SigningProfile | None
    bucket: Bucket | None
    alias: Alias | None
    live: FunctionConfiguration | None
    unseen: frozenset[str] = frozenset()


def observe(bench: Workbench, order: Order) -> Observed:
    """Reads all that the plan needs; writes nothing and refuses nothing.

    Waits up to two minutes for an update that somebody else began.

    Raises:
        AccessError: The role may not read something; a `plan` notes it and goes on.
    """
    cloud, name, profile = bench.cloud, order.function, order.profile
    identity = cloud.identity()
    bench.journal.know(region=identity.region)
    look = _Look(bench, lenient=order.command == "plan")
    function = look("function", lambda: _settled(bench, order))
    is_zip = function.package_type == "Zip" if function else "function" in look.unseen
    alias = look("alias", lambda: cloud.alias(name, order.alias) if is_zip else None)
    live = look("live version", lambda: cloud.function(name, alias.version) if alias else None)
    owner = order.owner or identity.account
    observed = Observed(
        identity=identity,
        function=function,
        configuration=look(
            "configuration", lambda: canonical(function.content) if function else None
        ),
        code_signing=look("code_signing", lambda: cloud.code_signing(name) if is_zip else None),
        profile=look(
            "profile", lambda: cloud.profile(profile, order.profile_owner) if profile else None
        ),
        bucket=look("bucket", lambda: cloud.bucket(order.bucket, owner) if order.bucket else None),
        alias=alias,
        live=live,
        unseen=frozenset(look.unseen),
    )
    _note(bench, order, observed)
    return observed


class _Look:
    """Reads one thing; where a plan's role may not, that is a skipped check with its reason."""

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
        return function is None or not is_changing(function) or waited_s > OTHERS_UPDATE_S

    return bench.poll(
        f"an update of {order.function} that this run did not begin",
        lambda: bench.cloud.function(order.function),
        done,
        lambda f: f"{f.state}/{f.last_update_status}" if f else "missing",
    )


def is_changing(function: FunctionConfiguration) -> bool:
    """Whether the function is being created or updated."""
    return function.state == "Pending" or function.last_update_status == "InProgress"


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
