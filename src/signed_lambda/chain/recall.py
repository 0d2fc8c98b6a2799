"""Verifies an earlier version again, before an alias may go back (or on) to it.

Lambda checks signatures only when code is deployed: moving an alias to a version whose signature
was revoked since is silent. So bytes, signature, revocation and state are checked here, each time.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from signed_lambda.chain.observe import fitting_record
from signed_lambda.chain.publish import PublishedVersion
from signed_lambda.chain.signer_look import SignerLook
from signed_lambda.chain.verify_signed import verify_signed
from signed_lambda.confighash import canonical, code_and_config
from signed_lambda.errors import TargetError
from signed_lambda.inputs import CodeTarget, HashAliasTarget, Previous, VersionTarget
from signed_lambda.model import Version
from signed_lambda.records import AliasRecord, VersionRecord
from signed_lambda.report.model import Status

if TYPE_CHECKING:
    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import Download, FunctionConfiguration, HeldVersion
    from signed_lambda.inputs import Target
    from signed_lambda.model import Sha256

_OTHER = (
    "Choose another version: `aws lambda list-versions-by-function --function-name {}` lists them"
)
SHOWN = 8
"""Versions that an error lists."""
NAME_IT = "Name a version in `to`"


def find_target(bench: Workbench, order: Order, observed: Observed, target: Target) -> Version:
    """The number of the version that `to` names.

    Raises:
        TargetError: There is none.
    """
    match target:
        case Previous():
            return _previous(bench, order, observed)
        case VersionTarget():
            return target.version
        case CodeTarget():
            return _by_code(bench, order, observed, target)
        case HashAliasTarget():
            return _by_hash_alias(bench, order, observed, target)
        case _:
            assert_never(target)


def recall(
    bench: Workbench, order: Order, observed: Observed, version: Version
) -> PublishedVersion:
    """The version, verified again: state, bytes, signature, publisher, revocation.

    Raises:
        TargetError: It cannot be used.
        HashMismatch: Its code does not download as the hash that Lambda recorded.
        SignatureError: Its signature does not verify.
    """
    held = bench.cloud.held(order.function, version)
    if held is None:
        raise _missing(bench, order, observed, f"version {version}")
    published, got = examine(bench, order, observed, held)
    got.path.unlink()
    bench.journal.know(
        code_sha256=published.sha256,
        config_sha256=published.configuration.sha256,
        version_arn=published.arn,
    )
    if published.record is not None:
        _note_record(bench, published, published.record)
    return published


def examine(
    bench: Workbench, order: Order, observed: Observed, held: HeldVersion
) -> tuple[PublishedVersion, Download]:
    """A version's state, bytes and signature; the bytes stay in the run's folder.

    Args:
        bench: The means; its cloud is where the version is.
        order: Of which function.
        observed: Whose identity asks Signer, and whose code signing must allow the publisher.
        held: The version.

    Raises:
        TargetError, HashMismatch, SignatureError: As `recall`.
    """
    answer = held.configuration
    _require_usable(answer)
    asking = SignerLook(bench, observed.identity, answer)
    to = bench.new_file("recalled.zip")
    got = bench.cloud.download_code(order.function, Version(answer.version), to, held)
    published = PublishedVersion.recall(_recorded(answer), answer, got)
    _require_signature(bench, order, observed, published, got, asking)
    return published, got


def _note_record(bench: Workbench, published: PublishedVersion, record: VersionRecord) -> None:
    """Says what the version's Description says, if it was made for what the version holds."""
    if not published.is_as_recorded:
        bench.journal.fact(
            step="record",
            title=f"The record of version {published.version} is of something else",
            status=Status.WARNING,
            proof="its Description was made for another function, build or configuration",
        )
        return
    bench.journal.fact(
        step="record",
        title=f"Version {published.version} was published from build {record.build}",
        status=Status.OK,
        proof=f"commit {record.commit or 'unknown'}, run {record.run}.{record.attempt}",
    )


def _recorded(answer: FunctionConfiguration) -> Sha256:
    if answer.code_sha256 is None:
        raise TargetError.of(
            "E-TARGET-05",
            f"Lambda names no CodeSha256 for version {answer.version}: its code is not a copy",
            _OTHER.format(answer.name),
        )
    return answer.code_sha256


def _require_usable(answer: FunctionConfiguration) -> None:
    if answer.package_type != "Zip" or answer.state not in (None, "Active"):
        raise TargetError.of(
            "E-TARGET-06",
            f"version {answer.version} is a {answer.package_type} in state {answer.state}"
            f": {answer.why_state}",
            "Choose another version; an Inactive version wakes when it is invoked by its number",
        )


def _require_signature(
    bench: Workbench,
    order: Order,
    observed: Observed,
    published: PublishedVersion,
    got: Download,
    asking: SignerLook,
) -> None:
    version, job_arn = published.version, published.signing_job_arn
    if job_arn is None or published.profile_version_arn is None:
        if order.require_code_signing != "off" and not order.allow_unsigned:
            raise TargetError.of(
                "E-TARGET-03",
                f"version {version} carries no signing job: Lambda did not verify it when it was"
                " deployed",
                "Choose a signed version, or say allow-unsigned: true",
            )
        bench.journal.warn(f"Version {version} is UNSIGNED: only its hash was checked")
        return
    signing = observed.code_signing
    if signing is not None and published.profile_version_arn not in signing.allowed_publishers:
        raise TargetError.of(
            "E-TARGET-04",
            f"version {version} was signed by {published.profile_version_arn}, which is no longer"
            f" an allowed publisher of {signing.arn}",
            _OTHER.format(order.function),
        )
    verified = verify_signed(
        bench,
        got,
        job_arn=job_arn,
        profile_version_arn=published.profile_version_arn,
        build=None,
    )
    bench.journal.know(signing_job_id=asking.job_id)
    asking.require_not_revoked(published.version, _OTHER.format(published.function))
    revoked = "" if asking.unseen_job else ", not revoked"
    bench.journal.fact(
        step="verify-signature",
        title=f"Verify the signature of version {version} of {order.function}",
        status=Status.OK,
        proof=f"job {job_arn.rsplit('/', 1)[-1]}, signed"
        f" {verified.signature.signed_at:%Y-%m-%d %H:%M} UTC{revoked}",
    )


def _previous(bench: Workbench, order: Order, observed: Observed) -> Version:
    """Where the alias was before, as long as its record says so of where it is now.

    Raises:
        TargetError: There is no such record, or a rollback of another run went there already.
    """
    alias = observed.alias
    written = AliasRecord.parse(alias.description) if alias is not None else None
    if alias is None or written is None or not written.previous:
        raise TargetError.of(
            "E-TARGET-02",
            f"alias '{order.alias}' records no previous version (it was not moved by this action,"
            " was just created, or was recorded where somebody else had put it)",
            _choice(bench, order, observed, NAME_IT),
        )
    record = fitting_record(alias, bench.cloud.function(order.function, alias.version))
    if record is None:
        raise TargetError.of(
            "E-TARGET-02",
            f"alias '{alias.name}' is at version {alias.version}, and its record is of a move by"
            f" {written.by} to another version or configuration: the alias was moved outside of"
            " this action since, and nothing says where it was before",
            _choice(bench, order, observed, NAME_IT),
        )
    if record.is_of_rollback(order.run.run_id):
        # This very run has moved it already: a re-run after a lost answer must not undo that.
        return Version(alias.version)
    if record.command == "rollback":
        # Two people on call type the same line: the second must not bring back what failed.
        raise TargetError.of(
            "E-TARGET-11",
            f"alias '{alias.name}' was rolled back from {record.previous} to {alias.version} by"
            f" {record.by} already",
            "Nothing more, if that is what you wanted. "
            + _choice(
                bench,
                order,
                observed,
                f"To go back to {record.previous}, or further back, name the version in `to`",
            ),
        )
    return Version(record.previous)


def _by_code(bench: Workbench, order: Order, observed: Observed, target: CodeTarget) -> Version:
    versions = bench.cloud.versions(order.function)
    found = [v for v in versions if v.code_sha256 == target.sha256]
    if found:
        return Version(found[-1].version)
    for version in versions:
        record = VersionRecord.parse(version.description)
        if record is not None and record.build == target.sha256.hex:
            raise TargetError.of(
                "E-TARGET-01",
                f"{target.sha256} is the unsigned build of version {version.version}, whose code"
                f" is {version.code_sha256}",
                f"Say to: {version.version} or to: {version.code_sha256}",
            )
    raise _missing(bench, order, observed, f"version with CodeSha256 {target.sha256.b64}")


def _by_hash_alias(
    bench: Workbench, order: Order, observed: Observed, target: HashAliasTarget
) -> Version:
    name = target.alias
    alias = bench.cloud.alias(order.function, name)
    version = bench.cloud.function(order.function, alias.version) if alias else None
    if alias is None or version is None or alias.version == "$LATEST":
        raise _missing(bench, order, observed, f"alias {name}")
    held = code_and_config(_recorded(version), canonical(version.content))
    if held.hex != target.hex or alias.weights:
        raise TargetError.of(
            "E-TARGET-07",
            f"alias {name} leads to version {version.version}, whose code and configuration hash"
            f" to {held.hex}: somebody moved it",
            "Name the version by its number or code hash",
        )
    return Version(alias.version)


def _missing(bench: Workbench, order: Order, observed: Observed, what: str) -> TargetError:
    return TargetError.of(
        "E-TARGET-01",
        f"{order.function} has no {what}",
        _choice(bench, order, observed, "Choose one of"),
    )


def _choice(bench: Workbench, order: Order, observed: Observed, ask: str) -> str:
    """The versions that can be gone to, newest first: never the one that the alias is at.

    Args:
        bench: The means.
        order: Of which function.
        observed: Where the alias is.
        ask: What to do with them; they follow after a colon.
    """
    at = observed.alias.version if observed.alias is not None else ""
    others = [v for v in bench.cloud.versions(order.function) if v.version != at]
    if not others:
        # The numbers alone do not tell the one from the other.
        return "There is none to choose: no other version was ever published, or all were deleted"
    names = [f"{v.version} ({v.code_sha256.hex[:12] if v.code_sha256 else '-'})" for v in others]
    more = f" and {len(names) - SHOWN} older" if len(names) > SHOWN else ""
    return f"{ask}: {', '.join(reversed(names[-SHOWN:]))}{more}"
