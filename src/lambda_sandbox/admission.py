"""Lambda's admission of code: what a code signing configuration lets through.

May import the sandbox's core and Signer. Never changes a function: it says yes with what Lambda
would record, or raises what Lambda would answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol

from lambda_sandbox.core import ApiError
from lambda_sandbox.signer.verify import (
    NotProperlySigned,
    Signature,
    Unsigned,
    read_signature,
)

if TYPE_CHECKING:
    from lambda_sandbox.core import World
    from lambda_sandbox.signer.service import SignerService

Status = Literal["VALID", "MISMATCH", "EXPIRED", "REVOKED", "INVALID", "NOT_CHECKED"]
"""CloudTrail's additionalEventData.signatureStatus; NOT_CHECKED is ours: no configuration.

VALID and MISMATCH: radkawar/stackd, code_signing_audit_native.json, captured on AWS 2026-09; the
others are named after the checks in AWS's documentation.
"""

_NOT_PROPERLY_SIGNED: Final = (
    "Lambda cannot deploy the function. The function or layer code is not properly signed. This "
    "can mean that the code was signed incorrectly or modified after it was signed."
)
_NOT_ACCEPTED: Final = (
    "Lambda cannot deploy the function. The function or layer might be signed using a signature "
    "that the client is not configured to accept."
)


class CodeSigningConfig(Protocol):
    """What admission needs of a code signing configuration."""

    @property
    def policy(self) -> str:
        """The policy: "Enforce" or "Warn"."""
        ...

    @property
    def allowed_publishers(self) -> tuple[str, ...]:
        """ARNs of profile versions."""
        ...


@dataclass(frozen=True, slots=True)
class Admission:
    """Code that is let in, and what Lambda records of its signature.

    Attributes:
        signing_job_arn: SigningJobArn of the function's configuration; None: absent.
        signing_profile_version_arn: SigningProfileVersionArn; None: absent.
        status: Of the signature. Anything but VALID and NOT_CHECKED counts in CloudWatch's
            SignatureValidationErrors.
    """

    signing_job_arn: str | None
    signing_profile_version_arn: str | None
    status: Status


def admit(
    world: World,
    signer: SignerService,
    csc: CodeSigningConfig | None,
    zip_bytes: bytes,
    *,
    resource: str = "",
) -> Admission:
    """Lets code in, or refuses it.

    Checked in AWS's order: integrity, expiry, publisher, revocation. A zip whose signature is
    broken is refused under Enforce and under Warn; the rest is refused under Enforce and only
    noted under Warn. Unsigned code counts as a publisher that is not allowed.

    Args:
        world: Clock.
        signer: Its root is trusted, its revocations count.
        csc: None where the function has no configuration: nothing is checked then, and the ARNs
            are recorded only by `Behaviour.arns_without_config`.
        zip_bytes: The code.
        resource: ARN of the function or layer, for the message.

    Raises:
        ApiError: CodeVerificationFailedException, 400.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html (order);
    radkawar/stackd, code_signing_controls_native.json, captured on AWS 2026-09 (texts, Warn). The
    texts on an expired and on a revoked signature are not known: the publisher's is used.
    """
    if csc is None:
        recorded = signer.behaviour.arns_without_config
        return record_only(world, signer, zip_bytes) if recorded else _nothing("NOT_CHECKED")
    verdict = _judge(world, signer, csc, zip_bytes)
    if isinstance(verdict, Signature):
        return Admission(verdict.job_arn, verdict.profile_version_arn, "VALID")
    if verdict == "INVALID":
        raise _refused(_NOT_PROPERLY_SIGNED, resource)
    if csc.policy == "Enforce":
        raise _refused(_NOT_ACCEPTED, resource)
    return _nothing(verdict)


def record_only(world: World, signer: SignerService, zip_bytes: bytes) -> Admission:
    """What is recorded where nothing is refused, as PublishLayerVersion does.

    Source: radkawar/stackd, code_signing_controls_native.json: a signed layer carries both ARNs,
    an unsigned or tampered one is published without them.
    """
    try:
        signature = _read(world, signer, zip_bytes)
    except (Unsigned, NotProperlySigned):
        return _nothing("NOT_CHECKED")
    return Admission(signature.job_arn, signature.profile_version_arn, "NOT_CHECKED")


def _judge(
    world: World, signer: SignerService, csc: CodeSigningConfig, zip_bytes: bytes
) -> Signature | Status:
    """The signature if all of it is good, else what is wrong first."""
    try:
        signature = _read(world, signer, zip_bytes)
    except Unsigned:
        return "MISMATCH"
    except NotProperlySigned:
        return "INVALID"
    if signature.expires_at <= world.clock.now():
        return "EXPIRED"
    if signature.profile_version_arn not in csc.allowed_publishers:
        return "MISMATCH"
    if _revoked(signer, signature):
        return "REVOKED"
    return signature


def _read(world: World, signer: SignerService, zip_bytes: bytes) -> Signature:
    return read_signature(zip_bytes, signer.root_pem, world.clock.now())


def _revoked(signer: SignerService, signature: Signature) -> bool:
    """The job's signature was revoked, or its profile from a time before the signing on.

    A canceled profile's signatures stay valid.

    Source: https://docs.aws.amazon.com/signer/latest/developerguide/revocation.html
    """
    job = signer.find_job(signature.job_arn)
    if job is not None and job.revocation is not None:
        return True
    profile = signer.find_profile_version(signature.profile_version_arn)
    if profile is None or profile.revocation is None:
        return False
    return profile.revocation.effective_from <= signature.signed_at


def _refused(message: str, resource: str) -> ApiError:
    where = f" Check the provided signature for {resource}." if resource else ""
    return ApiError("CodeVerificationFailedException", message + where, 400)


def _nothing(status: Status) -> Admission:
    return Admission(None, None, status)
