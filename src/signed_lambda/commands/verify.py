"""Does the alias still run recorded, signed bytes under the recorded configuration? Reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.chain.hash_alias import HashAlias, name_of
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
    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.publish import PublishedVersion
    from signed_lambda.chain.workbench import Order, Workbench

DRIFT = (AliasError, CodeSigningError, HashMismatch, SignatureError, TargetError, ZipError)
"""What a changed world shows as; anything else means that the check itself could not be made."""


def verify(bench: Workbench, order: Order) -> PublishedVersion:
    """Verifies what the alias routes to: state, bytes, signature, revocation, hash alias.

    Raises:
        Drifted: Something is not as it was recorded; carries what.
        DeployError: The check could not be made.
    """
    observed = observe(bench, order)
    try:
        look_before_writing(bench, order, observed)
        version = Version(observed.alias.version if observed.alias else "")
        published = bench.journal.note(recall(bench, order, observed, version))
        if order.hash_alias:
            _verify_hash_alias(bench, order, published)
    except DRIFT as error:
        first = Problem(
            "E-DRIFT-01",
            f"alias '{order.alias}' of {order.function} is not as it was released",
            "See what follows; roll back to a version that verifies if callers are at risk",
        )
        raise Drifted(first, *error.problems) from error
    _note_record(bench, order, observed)
    return published


def _verify_hash_alias(bench: Workbench, order: Order, published: PublishedVersion) -> None:
    name = name_of(published.sha256, published.configuration)
    alias = bench.cloud.alias(order.function, name)
    if alias is None:
        bench.journal.fact(
            step="hash-alias",
            title="Hash alias",
            status=Status.WARNING,
            proof=f"{name} does not exist: released without it, or deleted since",
        )
        return
    bench.journal.know(hash_alias=name)
    bench.journal.note(HashAlias.confirm(published, alias))


def _note_record(bench: Workbench, order: Order, observed: Observed) -> None:
    alias = observed.alias
    record = AliasRecord.parse(alias.description) if alias else None
    bench.journal.fact(
        step="record",
        title=f"Alias '{order.alias}'",
        status=Status.OK if record else Status.WARNING,
        proof=f"moved here by {record.command} in run {record.run}.{record.attempt}"
        if record
        else "was last moved outside this action: its Description holds no record",
    )
