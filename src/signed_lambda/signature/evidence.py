"""What the verification takes and gives: the expected job, and the proof of what was signed.

May import model. Must never let a proof be built without the verification: both proofs ask for the
seal that only `verification` uses (a test holds all other modules to it).
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from signed_lambda.model import Sha256

SEAL: Final = object()
"""For `verification` alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must have signed: of the job that we started, or that Lambda recorded on a version.

    Attributes:
        job_arn: "arn:aws:signer:REGION:ACCOUNT:/signing-jobs/ID".
        profile_version_arn: "arn:aws:signer:REGION:ACCOUNT:/signing-profiles/NAME/VERSION".
    """

    job_arn: str
    profile_version_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a signature says, authentic but not yet compared with anything of ours.

    It proves that AWS Signer (or the signer behind the given roots) signed these claims, unexpired;
    not that they are about our job or about the zip at hand. For that, see `Signature`.
    Built only by `signed_lambda.signature.verify_envelope` and `verify`.

    Attributes:
        job_arn: ARN of the signing job.
        profile_version_arn: ARN of the signing profile's version.
        signed_at: UTC.
        expires_at: UTC; later than the time of the verification.
        content_digest: The signed digest of the zip's content, 48 bytes.
        signer_subject: Name on the signer's certificate, RFC 4514; foreign text.
        signer_serial: Serial number of the signer's certificate, in lower-case hex.
        root_sha256: Fingerprint of the pinned root that the chain ends at.
        other_attributes: Signed attributes that are not known here, each as the hex of its encoded
            object identifier; for the report.
        seal: Of the verification.
    """

    job_arn: str
    profile_version_arn: str
    signed_at: datetime
    expires_at: datetime
    content_digest: bytes
    signer_subject: str
    signer_serial: str
    root_sha256: Sha256
    other_attributes: tuple[str, ...]
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not SEAL:
            raise TypeError("a proof of a signature is built only by its verification")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature(Envelope):
    """Proof that the expected job signed the zip, by the expected profile version.

    Built only by `signed_lambda.signature.verify`.

    Attributes:
        content_digest_matches: Whether the signed digest is that of the zip at hand; False only
            while `DIGEST_FORMULA` is UNCONFIRMED, and then the caller must say so loudly.
    """

    content_digest_matches: bool
