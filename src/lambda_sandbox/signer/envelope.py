"""The signing half of the CMS: a signature file with the bytes' shape of AWS Signer's.

PEM "PKCS7" around CMS SignedData in BER: the outer layers have indefinite length, the certificates
keep their order, the SignerInfo is DER. Detached: the content is not inside. Shape, attributes and
their ASN.1 types as in the signature file of Datadog's Lambda layer (us-east-1, 2022-02-11), which
AWS Signer made.

May import the authority. Never verifies: `verify` reads signatures without a line of this module.
"""

from __future__ import annotations

import base64
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from asn1crypto import algos, cms, core, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from lambda_sandbox.signer.authority import Signing

JOB_ARN_OID: Final = "1.3.187.137.1.2"
EXPIRY_OID: Final = "1.3.187.137.1.3"
PROFILE_VERSION_ARN_OID: Final = "1.3.187.137.1.4"
_CONTENT_TYPE_OID: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST_OID: Final = "1.2.840.113549.1.9.4"
_SIGNING_TIME_OID: Final = "1.2.840.113549.1.9.5"
_ALGORITHM_PROTECTION_OID: Final = "1.2.840.113549.1.9.52"
_DATA_OID: Final = "1.2.840.113549.1.7.1"
_SIGNED_DATA_OID: Final = "1.2.840.113549.1.7.2"
_END: Final = b"\x00\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a signature says.

    Attributes:
        digest: Of the zip's content, 48 bytes (`archive.content_digest`).
        job_arn: Of the signing job.
        profile_version_arn: Of the profile version that the job used.
        signed_at: Signing time, UTC, whole milliseconds.
        expires_at: End of the signature's validity, UTC, whole milliseconds.
    """

    digest: bytes
    job_arn: str
    profile_version_arn: str
    signed_at: datetime
    expires_at: datetime


def seal(claims: Claims, signing: Signing) -> bytes:
    """The signature file for `claims`: PEM text, 64 columns, ends with a line feed."""
    attributes = signed_attributes(claims)
    return assemble(attributes, sign(attributes, signing), signing)


def signed_attributes(claims: Claims) -> bytes:
    """The DER of the signed attributes as a SET OF, which is what gets signed (RFC 5652, 5.4)."""
    values: dict[str, bytes] = {
        _CONTENT_TYPE_OID: core.ObjectIdentifier(_DATA_OID).dump(),
        EXPIRY_OID: _generalized_time(claims.expires_at),
        _SIGNING_TIME_OID: _generalized_time(claims.signed_at),
        _ALGORITHM_PROTECTION_OID: _algorithm_protection(),
        _MESSAGE_DIGEST_OID: core.OctetString(claims.digest).dump(),
        JOB_ARN_OID: core.UTF8String(claims.job_arn).dump(),
        PROFILE_VERSION_ARN_OID: core.UTF8String(claims.profile_version_arn).dump(),
    }
    # DER orders a SET OF by its members' bytes; AWS's file is in this order too.
    members = sorted(
        _tlv(0x30, core.ObjectIdentifier(oid).dump() + _tlv(0x31, value))
        for oid, value in values.items()
    )
    return _tlv(0x31, b"".join(members))


def sign(attributes: bytes, signing: Signing) -> bytes:
    """The ECDSA signature (DER) over the signed attributes."""
    return signing.key.sign(attributes, ec.ECDSA(hashes.SHA384()))


def assemble(attributes: bytes, signature: bytes, signing: Signing) -> bytes:
    """The signature file from its parts, whether they fit each other or not."""
    leaf = x509.Certificate.load(signing.leaf.public_bytes(Encoding.DER))
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                cms.IssuerAndSerialNumber(
                    {"issuer": leaf.issuer, "serial_number": leaf.serial_number}
                ),
            ),
            "digest_algorithm": _sha384(),
            "signed_attrs": cms.CMSAttributes.load(attributes),
            "signature_algorithm": _ecdsa_sha384(),
            "signature": signature,
        }
    )
    certificates = b"".join(c.public_bytes(Encoding.DER) for c in signing.chain)
    content_info = _open(0x30, core.ObjectIdentifier(_DATA_OID).dump())
    signed_data = _open(
        0x30,
        core.Integer(1).dump()
        + _tlv(0x31, _sha384().dump())
        + content_info
        + _open(0xA0, certificates)
        + _tlv(0x31, signer.dump()),
    )
    outer = _open(0x30, core.ObjectIdentifier(_SIGNED_DATA_OID).dump() + _open(0xA0, signed_data))
    return _pem(outer)


def _sha384() -> algos.DigestAlgorithm:
    """With NULL parameters, as AWS writes it."""
    return algos.DigestAlgorithm({"algorithm": "sha384", "parameters": core.Null()})


def _ecdsa_sha384() -> algos.SignedDigestAlgorithm:
    """Without parameters, as AWS writes it."""
    return algos.SignedDigestAlgorithm({"algorithm": "sha384_ecdsa"})


def _algorithm_protection() -> bytes:
    """CMSAlgorithmProtection of RFC 6211: the digest, and the signature under [1] IMPLICIT."""
    signature = _ecdsa_sha384().dump()
    return _tlv(0x30, _sha384().dump() + b"\xa1" + signature[1:])


def _generalized_time(at: datetime) -> bytes:
    """GeneralizedTime with milliseconds, DER: no trailing zeros of the fraction.

    RFC 5652 asks for UTCTime before 2050; AWS writes GeneralizedTime, so this does.
    """
    at = at.astimezone(UTC)
    fraction = f".{at.microsecond // 1000:03d}".rstrip("0").rstrip(".")
    return _tlv(0x18, f"{at:%Y%m%d%H%M%S}{fraction}Z".encode())


def _tlv(tag: int, content: bytes) -> bytes:
    """Tag, definite length, content."""
    size = len(content)
    if size < 0x80:  # noqa: PLR2004 - the short form of X.690, 8.1.3.4
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def _open(tag: int, content: bytes) -> bytes:
    """Tag, indefinite length, content, end-of-contents (X.690, 8.1.3.6)."""
    return bytes([tag, 0x80]) + content + _END


def _pem(ber: bytes) -> bytes:
    lines = textwrap.wrap(base64.b64encode(ber).decode(), 64)
    return "\n".join(["-----BEGIN PKCS7-----", *lines, "-----END PKCS7-----", ""]).encode()
