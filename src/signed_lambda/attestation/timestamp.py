"""Whether a timestamping authority saw a signature, and when.

May import cryptography, signature.tlv (which reads one level at a time), certificate, roots,
reading. Certificates that a token brings along are not looked at: the roots name who may sign it.
Source: RFC 3161 section 2.4.2; RFC 5652 sections 5.3, 5.4, 11
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509.oid import ExtendedKeyUsageOID

from signed_lambda.attestation.certificate import check_chain
from signed_lambda.attestation.reading import UnprovenError
from signed_lambda.errors import SignatureError
from signed_lambda.lazy import dataclass, regex
from signed_lambda.signature import tlv

if TYPE_CHECKING:
    from signed_lambda.attestation.roots import Authority
    from signed_lambda.signature.tlv import Element

SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
"""1.2.840.113549.1.7.2, RFC 5652 section 5.1."""
TST_INFO: Final = bytes.fromhex("060b2a864886f70d0109100104")
"""1.2.840.113549.1.9.16.1.4, RFC 3161 section 2.4.2."""
CONTENT_TYPE: Final = bytes.fromhex("06092a864886f70d010903")
"""1.2.840.113549.1.9.3, RFC 5652 section 11.1."""
MESSAGE_DIGEST: Final = bytes.fromhex("06092a864886f70d010904")
"""1.2.840.113549.1.9.4, RFC 5652 section 11.2."""
HASHES: Final[dict[bytes, SHA256 | SHA384 | SHA512]] = {
    bytes.fromhex("0609608648016503040201"): SHA256(),
    bytes.fromhex("0609608648016503040202"): SHA384(),
    bytes.fromhex("0609608648016503040203"): SHA512(),
}
"""By object identifier: 2.16.840.1.101.3.4.2.1 to .3, RFC 5754 section 2."""
SIGNATURES: Final[dict[bytes, SHA256 | SHA384 | SHA512]] = {
    bytes.fromhex("06082a8648ce3d040302"): SHA256(),
    bytes.fromhex("06082a8648ce3d040303"): SHA384(),
    bytes.fromhex("06082a8648ce3d040304"): SHA512(),
}
"""ECDSA by object identifier: 1.2.840.10045.4.3.2 to .4, RFC 5758 section 3.2."""
GRANTED: Final = (b"\x00", b"\x01")
"""PKIStatus granted and grantedWithMods, RFC 3161 section 2.4.2."""
_TIME: Final = regex(rb"([0-9]{14})(?:\.([0-9]{1,6})[0-9]*)?Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A response, taken apart; nothing in it is believed yet."""

    content: bytes
    attributes: Element
    hash: SHA256 | SHA384 | SHA512
    signed_with: SHA256 | SHA384 | SHA512
    signature: bytes


def stamped_at(response: bytes, message: bytes, authorities: tuple[Authority, ...]) -> datetime:
    """When one of the authorities saw the message, UTC.

    Args:
        response: DER of a TimeStampResp.
        message: What it must be over: the signature.
        authorities: The roots' own.

    Raises:
        UnprovenError: None of them says so.
    """
    try:
        token = _taken_apart(response)
        _check_attributes(token)
        time = _time_of(token, message)
        signed = tlv.SET.to_bytes() + token.attributes.raw[1:]
    except SignatureError as error:
        raise UnprovenError(
            f"its timestamp is not of its form: {error.problems[0].what}"
        ) from error
    for authority in authorities:
        key = authority.chain[0].public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey) or time not in authority.period:
            continue
        try:
            key.verify(token.signature, signed, ec.ECDSA(token.signed_with))
        except InvalidSignature:
            continue
        check_chain(authority, authority.chain[0], time, ExtendedKeyUsageOID.TIME_STAMPING)
        return time
    raise UnprovenError("its timestamp is of no authority that the roots name for that time")


def _taken_apart(response: bytes) -> Token:
    outer = tlv.elements(tlv.read(response, tlv.SEQUENCE, "timestamp").contents, "timestamp")
    if len(outer) != 2:  # noqa: PLR2004 - a status and a token
        raise UnprovenError("its timestamp has no token")
    status = tlv.elements(outer[0].contents, "status")
    if not status or status[0].identifier != tlv.INTEGER or status[0].contents not in GRANTED:
        raise UnprovenError("its timestamp was not granted")
    kind, wrapped = tlv.fields(outer[1], "token", tlv.OBJECT_IDENTIFIER, tlv.CONTEXT_0)
    data = tlv.read(wrapped.contents, tlv.SEQUENCE, "signed data")
    parts = tlv.elements(data.contents, "signed data")
    if kind.raw != SIGNED_DATA or len(parts) < 4:  # noqa: PLR2004 - RFC 5652: certificates may lack
        raise UnprovenError("its timestamp's token is no signed data")
    content_kind, content = tlv.fields(parts[2], "content", tlv.OBJECT_IDENTIFIER, tlv.CONTEXT_0)
    if content_kind.raw != TST_INFO:
        raise UnprovenError("its timestamp's content is of another kind")
    signers = tlv.elements(parts[-1].contents, "signers")
    if parts[-1].identifier != tlv.SET or len(signers) != 1:
        raise UnprovenError("its timestamp has not exactly one signer")
    fields = tlv.elements(signers[0].contents, "signer")
    tags = [field.identifier for field in fields[:6]]
    if tags[2:] != [tlv.SEQUENCE, tlv.CONTEXT_0, tlv.SEQUENCE, tlv.OCTET_STRING]:
        raise UnprovenError("its timestamp's signer is not of its form")
    return Token(
        content=tlv.read(content.contents, tlv.OCTET_STRING, "content").contents,
        attributes=fields[3],
        hash=_algorithm(fields[2], HASHES),
        signed_with=_algorithm(fields[4], SIGNATURES),
        signature=fields[5].contents,
    )


def _algorithm(
    element: Element, known: dict[bytes, SHA256 | SHA384 | SHA512]
) -> SHA256 | SHA384 | SHA512:
    parts = tlv.elements(element.contents, "algorithm")
    found = known.get(parts[0].raw) if parts else None
    if found is None:
        raise UnprovenError("its timestamp uses an algorithm that is not taken")
    return found


def _check_attributes(token: Token) -> None:
    """The signed attributes name this content."""
    values: dict[bytes, Element] = {}
    for attribute in tlv.elements(token.attributes.contents, "attributes"):
        kind, value = tlv.fields(attribute, "attribute", tlv.OBJECT_IDENTIFIER, tlv.SET)
        if kind.raw in values:
            raise UnprovenError("its timestamp says something twice")
        values[kind.raw] = value
    digest = hashlib.new(token.hash.name, token.content).digest()
    wanted = {
        CONTENT_TYPE: TST_INFO,
        MESSAGE_DIGEST: bytes((tlv.OCTET_STRING, len(digest))) + digest,
    }
    if any(kind not in values or values[kind].contents != of for kind, of in wanted.items()):
        raise UnprovenError("its timestamp's signature is over something else")


def _time_of(token: Token, message: bytes) -> datetime:
    """What the token says, if it is of this message."""
    info = tlv.elements(tlv.read(token.content, tlv.SEQUENCE, "time").contents, "time")
    tags = [part.identifier for part in info[:5]]
    if tags[2:] != [tlv.SEQUENCE, tlv.INTEGER, tlv.GENERALIZED_TIME]:
        raise UnprovenError("its timestamp is not of its form")
    algorithm, imprint = tlv.fields(info[2], "imprint", tlv.SEQUENCE, tlv.OCTET_STRING)
    hashed = hashlib.new(_algorithm(algorithm, HASHES).name, message).digest()
    if imprint.contents != hashed:
        raise UnprovenError("its timestamp is of another signature")
    match = _TIME.fullmatch(info[4].contents)
    if match is None:
        raise UnprovenError("its timestamp's time is not UTC")
    try:
        whole = datetime.strptime(match[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise UnprovenError("its timestamp's time is no time") from error
    return whole.replace(microsecond=int((match[2] or b"0").ljust(6, b"0")))
