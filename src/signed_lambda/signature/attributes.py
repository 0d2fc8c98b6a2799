"""Reads what the signer says, from the very bytes that its signature was verified over.

May import tlv, envelope (object identifiers), errors, advice. Must never be given bytes whose
signature has not been verified, and never guess: each attribute is there once and in one form.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import SignatureError
from signed_lambda.lazy import dataclass, regex
from signed_lambda.signature import envelope, tlv
from signed_lambda.signature.advice import DO_NOT_DEPLOY
from signed_lambda.signature.content import CONTENT_DIGEST_BYTES

if TYPE_CHECKING:
    import re

    from signed_lambda.errors import DeployError
    from signed_lambda.signature.tlv import Element

# Encoded object identifiers: they are compared, never computed. Tests spell them with dots.
CONTENT_TYPE: Final = bytes.fromhex("06092a864886f70d010903")
"""1.2.840.113549.1.9.3, RFC 5652 section 11.1."""
MESSAGE_DIGEST: Final = bytes.fromhex("06092a864886f70d010904")
"""1.2.840.113549.1.9.4, RFC 5652 section 11.2."""
SIGNING_TIME: Final = bytes.fromhex("06092a864886f70d010905")
"""1.2.840.113549.1.9.5, RFC 5652 section 11.3."""
ALGORITHM_PROTECTION: Final = bytes.fromhex("06092a864886f70d010934")
"""1.2.840.113549.1.9.52, RFC 6211 section 2."""
JOB_ARN: Final = bytes.fromhex("06072b813b81090102")
"""1.3.187.137.1.2; source: a file made by AWS Signer, tests/data/signer/README.md."""
EXPIRY: Final = bytes.fromhex("06072b813b81090103")
"""1.3.187.137.1.3; source: as JOB_ARN."""
PROFILE_VERSION_ARN: Final = bytes.fromhex("06072b813b81090104")
"""1.3.187.137.1.4; source: as JOB_ARN."""

_NAMES: Final = {
    CONTENT_TYPE: "contentType",
    MESSAGE_DIGEST: "messageDigest",
    SIGNING_TIME: "signingTime",
    ALGORITHM_PROTECTION: "CMSAlgorithmProtection",
    JOB_ARN: "signing job ARN",
    EXPIRY: "expiry",
    PROFILE_VERSION_ARN: "profile version ARN",
}

_TIME: Final = regex(rb"([0-9]{14})(?:\.([0-9]{1,6}))?Z")
_ARN: Final = rb"arn:aws[a-z0-9-]{0,32}:signer:[a-z0-9-]{1,32}:[0-9]{12}:"
_JOB: Final = regex(_ARN + rb"/signing-jobs/[A-Za-z0-9-]{1,64}")
_PROFILE: Final = regex(_ARN + rb"/signing-profiles/[A-Za-z0-9_]{2,64}/[A-Za-z0-9]{10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What the signed attributes say.

    Attributes:
        job_arn: ARN of the signing job.
        profile_version_arn: ARN of the signing profile's version.
        signed_at: UTC.
        expires_at: UTC.
        content_digest: 48 bytes.
        other: Encoded identifiers of signed attributes that are not known here.
    """

    job_arn: str
    profile_version_arn: str
    signed_at: datetime
    expires_at: datetime
    content_digest: bytes
    other: tuple[bytes, ...]


def read_claims(signed_attributes: bytes) -> Claims:
    """What the signer says, if it says each thing exactly once.

    An attribute that is not known here is authentic too, and is only listed: AWS may add one.

    Args:
        signed_attributes: DER of the SET OF attributes whose signature was verified.

    Raises:
        SignatureError: An attribute is missing, doubled or not of its form (E-SIGNATURE-31), or
            the algorithms it names are others than those used (-32).
    Source: RFC 5652 section 11; RFC 6211; a file made by AWS Signer, tests/data/signer/README.md.
    """
    # 31
    attributes = tlv.read(signed_attributes, tlv.SET, "set of signed attributes")
    values: dict[bytes, Element] = {}
    for attribute in tlv.elements(attributes.contents, "set of signed attributes"):
        kind, value = _single_value(attribute)
        if kind in values:
            raise _refusal(f"{_name(kind)} is there twice")
        values[kind] = value
    missing = [name for kind, name in _NAMES.items() if kind not in values]
    if missing:
        raise _refusal(f"missing: {', '.join(missing)}")
    if values[CONTENT_TYPE].raw != envelope.ID_DATA:
        raise _refusal(f"contentType is {values[CONTENT_TYPE].raw.hex()}, not data")
    digest = _primitive(values, MESSAGE_DIGEST, tlv.OCTET_STRING)
    if len(digest) != CONTENT_DIGEST_BYTES:
        raise _refusal(f"messageDigest has {len(digest)} bytes, not {CONTENT_DIGEST_BYTES}")
    _expect_algorithms(values[ALGORITHM_PROTECTION])
    return Claims(
        job_arn=_arn(values, JOB_ARN, _JOB),
        profile_version_arn=_arn(values, PROFILE_VERSION_ARN, _PROFILE),
        signed_at=_time(values, SIGNING_TIME),
        expires_at=_time(values, EXPIRY),
        content_digest=digest,
        other=tuple(kind for kind in values if kind not in _NAMES),
    )


def _single_value(attribute: Element) -> tuple[bytes, Element]:
    if attribute.identifier != tlv.SEQUENCE:
        raise tlv.malformed(f"a signed attribute has the tag {attribute.identifier:#04x}")
    kind, values = tlv.fields(attribute, "signed attribute", tlv.OBJECT_IDENTIFIER, tlv.SET)
    found = tlv.elements(values.contents, "signed attribute")
    if len(found) != 1:
        raise _refusal(f"{_name(kind.raw)} has {len(found)} values, not one")
    return kind.raw, found[0]


def _primitive(values: dict[bytes, Element], kind: bytes, identifier: int) -> bytes:
    value = values[kind]
    if value.identifier != identifier:
        raise _refusal(f"{_name(kind)} has the tag {value.identifier:#04x}, not {identifier:#04x}")
    return value.contents


def _arn(values: dict[bytes, Element], kind: bytes, form: re.Pattern[bytes]) -> str:
    text = _primitive(values, kind, tlv.UTF8_STRING)
    if not form.fullmatch(text):
        raise _refusal(f"{_name(kind)} is {text[:200]!a}, not an ARN of that kind")
    return text.decode("ascii")


def _time(values: dict[bytes, Element], kind: bytes) -> datetime:
    text = _primitive(values, kind, tlv.GENERALIZED_TIME)
    match = _TIME.fullmatch(text)
    if match is None:
        raise _refusal(f"{_name(kind)} is {text[:40]!a}, not a UTC time")
    try:
        whole = datetime.strptime(match[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise _refusal(f"{_name(kind)} is {text!a}, which is no time") from error
    return whole.replace(microsecond=int((match[2] or b"0").ljust(6, b"0")))


def _expect_algorithms(value: Element) -> None:
    # 32
    if value.identifier != tlv.SEQUENCE:
        raise _refusal("CMSAlgorithmProtection is not a SEQUENCE")
    digest, signature = tlv.fields(value, "CMSAlgorithmProtection", tlv.SEQUENCE, tlv.CONTEXT_1)
    named = (envelope.algorithm_parts(digest), envelope.algorithm_parts(signature))
    if not (envelope.is_sha384(named[0]) and envelope.is_ecdsa_with_sha384(named[1])):
        raise SignatureError.of(
            "E-SIGNATURE-32",
            f"CMSAlgorithmProtection names {value.raw.hex()}, not SHA-384 and ECDSA with SHA-384",
            DO_NOT_DEPLOY,
        )


def _name(kind: bytes) -> str:
    return _NAMES.get(kind, f"the attribute {kind.hex()}")


def _refusal(what: str) -> DeployError:
    return SignatureError.of("E-SIGNATURE-31", f"signed attributes: {what}", DO_NOT_DEPLOY)
