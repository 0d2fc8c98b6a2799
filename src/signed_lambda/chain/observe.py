"""Looks at AWS before anything is written: identity, function, signing, bucket, alias."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from signed_lambda.confighash import Configuration, canonical
from signed_lambda.report.model import Status

if TYPE_CHECKING:
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import (
        Alias,
        Bucket,
        CodeSigning,
        FunctionConfiguration,
        Identity,
        SigningProfile,
    )

OTHERS_UPDATE_S: Final = 120.0
"""How long an update that somebody else began is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The world before the run; None where something does not exist or was not asked for."""

    identity: Identity
    function: FunctionConfiguration | None
    configuration: Configuration | None
    code_signing: CodeSigning | None
    profile: SigningProfile | None
    bucket: Bucket | None
    alias: Alias | None
    live: FunctionConfiguration | None


def observe(bench: Workbench, order: Order) -> Observed:
    """Reads all that the plan needs; writes nothing and refuses nothing.

    Waits up to two minutes for an update that somebody else began.
    """
    cloud = bench.cloud
    identity = cloud.identity()
    bench.journal.know(region=identity.region)
    function = _settled(bench, order)
    zip_function = function is not None and function.package_type == "Zip"
    alias = cloud.alias(order.function, order.alias) if zip_function else None
    live = cloud.function(order.function, alias.version) if alias else None
    owner = order.owner or identity.account
    observed = Observed(
        identity=identity,
        function=function,
        configuration=canonical(function.content) if function else None,
        code_signing=cloud.code_signing(order.function) if zip_function else None,
        profile=cloud.profile(order.profile, order.profile_owner) if order.profile else None,
        bucket=cloud.bucket(order.bucket, owner) if order.bucket else None,
        alias=alias,
        live=live,
    )
    _note(bench, order, observed)
    return observed


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
    at = observed.alias.version if observed.alias else "does not exist yet"
    signing = observed.code_signing.policy if observed.code_signing else "none"
    journal.fact(
        step="observe",
        title=f"Look at {order.function} in {observed.identity.region}",
        status=Status.OK,
        proof=f"alias '{order.alias}' {at}, code signing {signing}",
    )
