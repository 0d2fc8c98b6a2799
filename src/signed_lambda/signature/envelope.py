"""Takes a CMS SignedData apart that has exactly the shape AWS Signer makes (checks 22-26).

Nothing here is trusted yet: the parts are those of hostile bytes until `verification` has verified
the signature and the chain over them.

May import tlv, errors, advice. Must never interpret a signed attribute: what is read must be what
was verified, so `attributes` reads them from the very bytes that the signature was checked over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.errors import SignatureError
from signed_lambda.lazy import dataclass
from signed_lambda.signature import tlv
from signed_lambda.signature.advice import DO_NOT_DEPLOY

if TYPE_CHECKING:
    from signed_lambda.errors import DeployError
    from signed_lambda.signature.tlv import Element

# Encoded object identifiers: they are compared, never computed. Tests spell them with dots.
ID_DATA: Final = bytes.fromhex("06092a864886f70d010701")
"""1.2.840.113549.1.7.1, RFC 5652 section 4."""
ID_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
"""1.2.840.113549.1.7.2, RFC 5652 section 5.1."""
SHA384: Final = bytes.fromhex("0609608648016503040202")
"""2.16.840.1.101.3.4.2.2, RFC 5754 section 2."""
ECDSA_WITH_SHA384: Final = bytes.fromhex("06082a8648ce3d040303")
"""1.2.840.10045.4.3.3, RFC 5758 section 3.2."""

_NULL: Final = b"\x05\x00"
_VERSION_1: Final = b"\x01"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedData:
    """The parts of the signature, not yet verified.

    Attributes:
        certificates: Each as DER, in the order of the file, doubles included.
        signer_issuer: Issuer's name of the signer's certificate, as encoded.
        signer_serial: Serial number of the signer's certificate.
        signed_attributes: DER of the SET OF that the signer signed.
        signature: DER of the ECDSA signature over `signed_attributes`.
    """

    certificates: tuple[bytes, ...]
    signer_issuer: bytes
    signer_serial: int
    signed_attributes: bytes
    signature: bytes


def read_signed_data(data: bytes) -> SignedData:
    """The parts of the CMS structure; BER with indefinite lengths, as Signer writes it, or DER.

    Args:
        data: What the PEM block holds.

    Raises:
        SignatureError: Another shape (E-SIGNATURE-22), content or version (-23), number or kind of
            signers (-24), unsigned attributes (-25), algorithms (-26).
    Source: RFC 5652 sections 3, 5.1 and 5.3; a file made by AWS Signer,
        tests/data/signer/README.md.
    """
    outer = tlv.read(data, tlv.SEQUENCE, "signature")
    content_type, explicit = tlv.fields(outer, "signature", tlv.OBJECT_IDENTIFIER, tlv.CONTEXT_0)
    if content_type.raw != ID_SIGNED_DATA:
        raise tlv.malformed("the signature's content type is not SignedData")
    signed_data = tlv.read(explicit.contents, tlv.SEQUENCE, "SignedData")
    version, digests, content, certificates, signers = tlv.fields(
        signed_data,
        "SignedData",
        tlv.INTEGER,
        tlv.SET,
        tlv.SEQUENCE,
        tlv.CONTEXT_0,
        tlv.SET,
    )
    # 23
    if version.contents != _VERSION_1:
        raise _refusal("23", f"SignedData has version {version.contents.hex()}, not 01")
    if tuple(e.raw for e in tlv.elements(content.contents, "content")) != (ID_DATA,):
        raise _refusal("23", "the signature is not a detached one over plain data")
    # 26
    (digest,) = tlv.fields(digests, "list of digest algorithms", tlv.SEQUENCE)
    _expect_sha384(digest, "SignedData")
    # 24
    infos = tlv.elements(signers.contents, "list of signers")
    if len(infos) != 1:
        raise _refusal("24", f"the signature has {len(infos)} signers, not one")
    return _read_signer(
        tlv.read(infos[0].raw, tlv.SEQUENCE, "signer"),
        tuple(e.raw for e in tlv.elements(certificates.contents, "list of certificates")),
    )


def _read_signer(info: Element, certificates: tuple[bytes, ...]) -> SignedData:
    """The one SignerInfo."""
    parts = tlv.elements(info.contents, "signer")
    # 25
    if parts and parts[-1].identifier == tlv.CONTEXT_1:
        raise _refusal("25", "the signature carries unsigned attributes")
    # 24
    if len(parts) > 1 and parts[1].identifier != tlv.SEQUENCE:
        raise _refusal("24", "the signer is not named by issuer and serial number")
    version, name, digest, attributes, algorithm, signature = tlv.fields(
        info,
        "signer",
        tlv.INTEGER,
        tlv.SEQUENCE,
        tlv.SEQUENCE,
        tlv.CONTEXT_0,
        tlv.SEQUENCE,
        tlv.OCTET_STRING,
    )
    if version.contents != _VERSION_1:
        raise _refusal("24", f"the signer has version {version.contents.hex()}, not 01")
    issuer, serial = tlv.fields(name, "signer's name", tlv.SEQUENCE, tlv.INTEGER)
    # 26
    _expect_sha384(digest, "signer")
    _expect_ecdsa(algorithm, "signer")
    return SignedData(
        certificates=certificates,
        signer_issuer=issuer.raw,
        signer_serial=int.from_bytes(serial.contents, signed=True),
        signed_attributes=tlv.set_of(
            tuple(e.raw for e in tlv.elements(attributes.contents, "signed attributes"))
        ),
        signature=signature.contents,
    )


def is_sha384(parts: tuple[bytes, ...]) -> bool:
    """Whether the parts of an AlgorithmIdentifier say SHA-384, parameters absent or NULL.

    Source: RFC 5754 section 2 (both forms must be accepted).
    """
    return parts in ((SHA384,), (SHA384, _NULL))


def is_ecdsa_with_sha384(parts: tuple[bytes, ...]) -> bool:
    """Whether the parts of an AlgorithmIdentifier say ECDSA with SHA-384.

    Source: RFC 5758 section 3.2 (parameters must be absent).
    """
    return parts == (ECDSA_WITH_SHA384,)


def algorithm_parts(algorithm: Element) -> tuple[bytes, ...]:
    """The identifier and the parameters of an AlgorithmIdentifier, as encoded.

    Raises:
        SignatureError: Not readable (E-SIGNATURE-22).
    """
    return tuple(e.raw for e in tlv.elements(algorithm.contents, "algorithm"))


def _expect_sha384(algorithm: Element, where: str) -> None:
    if not is_sha384(algorithm_parts(algorithm)):
        raise _refusal("26", f"the {where}'s digest is {algorithm.raw.hex()}, not SHA-384")


def _expect_ecdsa(algorithm: Element, where: str) -> None:
    if not is_ecdsa_with_sha384(algorithm_parts(algorithm)):
        raise _refusal(
            "26", f"the {where}'s algorithm is {algorithm.raw.hex()}, not ECDSA with SHA-384"
        )


def _refusal(number: str, what: str) -> DeployError:
    return SignatureError.of(f"E-SIGNATURE-{number}", what, DO_NOT_DEPLOY)
