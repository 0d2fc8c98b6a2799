"""From the signer's certificate to a pinned root: who signed, and was he allowed to (checks 27-36).

Signatures, names and extensions are read by cryptography; the rules are here, each one a refusal.
They are narrower than RFC 5280 where Signer's certificates are: P-384 and ECDSA with SHA-384 only.

May import cryptography, errors, advice, roots. Must never end a chain at a certificate that the
signature brought along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, SignatureAlgorithmOID

from signed_lambda.errors import SignatureError
from signed_lambda.signature.advice import CHECK_ROOT, DO_NOT_DEPLOY

if TYPE_CHECKING:
    from datetime import datetime

    from signed_lambda.errors import DeployError
    from signed_lambda.signature.envelope import SignedData
    from signed_lambda.signature.roots import TrustRoots

MAX_CERTIFICATES: Final = 10
"""Certificates that a signature may carry, doubles included. A real one carries 5."""
MAX_CHAIN: Final = 6
"""Longest chain, signer's certificate and root included. A real one has 4."""

_Kind = TypeVar("_Kind", bound=x509.ExtensionType)

_KNOWN_CRITICAL: Final = frozenset(
    (ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE)
)
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,  # where warnings are errors: what it will refuse next
)


def read_certificates(encoded: tuple[bytes, ...]) -> tuple[x509.Certificate, ...]:
    """The certificates that the signature carries, each once.

    Byte-equal doubles are dropped: Signer writes the root twice.

    Args:
        encoded: DER of each.

    Raises:
        SignatureError: None, more than `MAX_CERTIFICATES`, or one that is not a readable X.509 v3
            certificate (E-SIGNATURE-27).
    Source: a file made by AWS Signer, tests/data/signer/README.md.
    """
    # 27
    if not 1 <= len(encoded) <= MAX_CERTIFICATES:
        raise _refusal("27", f"{len(encoded)} certificates, not 1 to {MAX_CERTIFICATES}")
    return tuple(_read_certificate(der) for der in dict.fromkeys(encoded))


def signer_of(signed: SignedData, bag: tuple[x509.Certificate, ...]) -> x509.Certificate:
    """The one certificate that the signer names by issuer and serial number.

    Raises:
        SignatureError: No certificate, or several different ones (E-SIGNATURE-28).
    Source: RFC 5652 section 10.2.4.
    """
    # 28
    found = [
        certificate
        for certificate in bag
        if certificate.serial_number == signed.signer_serial
        and _issuer_bytes(certificate) == signed.signer_issuer
    ]
    if len(found) != 1:
        raise _refusal(
            "28",
            f"{len(found)} of the certificates are the signer's (serial {signed.signer_serial:x})",
        )
    return found[0]


def verify_attributes(signed: SignedData, signer: x509.Certificate) -> None:
    """Verifies the signature over the signed attributes with the key of a code-signing certificate.

    Raises:
        SignatureError: The certificate is not one for signing code with P-384 (E-SIGNATURE-29), or
            the signature does not verify (-30).
    Source: RFC 5652 section 5.4; RFC 5280 sections 4.2.1.3, 4.2.1.9 and 4.2.1.12.
    """
    # 29
    key = _p384_key(signer)
    if key is None:
        raise _refusal("29", f"{_named(signer)} has no ECDSA P-384 key")
    extensions = _extensions(signer, "29")
    constraints = _extension(extensions, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise _refusal("29", f"{_named(signer)} is an authority, not a signer of code")
    usage = _extension(extensions, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        raise _refusal("29", f"{_named(signer)} may not be used for signing")
    purposes = _extension(extensions, x509.ExtendedKeyUsage)
    if purposes is None or ExtendedKeyUsageOID.CODE_SIGNING not in purposes:
        raise _refusal("29", f"{_named(signer)} is not for signing code")
    # 30
    try:
        key.verify(signed.signature, signed.signed_attributes, ec.ECDSA(SHA384()))
    except InvalidSignature as error:
        raise _refusal("30", f"the signature does not verify with {_named(signer)}") from error


def build_chain(
    signer: x509.Certificate, bag: tuple[x509.Certificate, ...], roots: TrustRoots
) -> tuple[x509.Certificate, ...]:
    """The certificates from the signer's up to a pinned root, each signed by the next.

    Args:
        signer: First of the chain.
        bag: Certificates that may stand between; hostile.
        roots: The only certificates that may be last.

    Raises:
        SignatureError: No such chain, two ways to go on, or longer than `MAX_CHAIN`
            (E-SIGNATURE-33).
    Source: RFC 5280 section 6.1.
    """
    # 33
    chain = [signer]
    while len(chain) < MAX_CHAIN:
        last = chain[-1]
        anchors = [root for root in roots.certificates if _issued(last, by=root)]
        if anchors:
            return (*chain, anchors[0])
        issuers = [c for c in bag if c not in chain and _issued(last, by=c)]
        if len(issuers) != 1:
            raise _refusal(
                "33",
                f"{_named(last)} is signed by no pinned root, and by {len(issuers)} of the other"
                " certificates",
                CHECK_ROOT,
            )
        chain.append(issuers[0])
    raise _refusal("33", f"no pinned root within {MAX_CHAIN} certificates", CHECK_ROOT)


def check_chain(chain: tuple[x509.Certificate, ...], signed_at: datetime) -> None:
    """Checks what each certificate of the chain may do, and that it was valid when signing.

    Not whether it is valid now: the signer's certificate lives for about three days.

    Args:
        chain: From the signer's certificate to the root, signatures verified.
        signed_at: UTC.

    Raises:
        SignatureError: An issuer that is no authority (E-SIGNATURE-34), a critical extension that
            is not known (-35), a certificate not valid at `signed_at` (-36).
    Source: RFC 5280 sections 4.2, 4.2.1.3, 4.2.1.9 and 6.1.4.
    """
    for depth, certificate in enumerate(chain):
        extensions = _extensions(certificate, "34")
        # 34
        if depth:
            _check_authority(certificate, extensions, below=depth - 1)
        # 35
        unknown = [
            e.oid.dotted_string for e in extensions if e.critical and e.oid not in _KNOWN_CRITICAL
        ]
        if unknown:
            raise _refusal("35", f"{_named(certificate)}: {', '.join(unknown)}")
        # 36
        start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if not start <= signed_at <= end:
            raise _refusal(
                "36",
                f"{_named(certificate)} was valid from {start.isoformat()} to {end.isoformat()},"
                f" signed was at {signed_at.isoformat()}",
            )


def name_of(certificate: x509.Certificate) -> str:
    """The certificate's subject as RFC 4514 writes it; foreign text."""
    try:
        return certificate.subject.rfc4514_string()
    except _UNREADABLE:
        return "(unreadable name)"


def _check_authority(
    certificate: x509.Certificate, extensions: x509.Extensions, *, below: int
) -> None:
    """Whether `certificate` may issue, with `below` authorities between it and the signer."""
    constraints = _extension(extensions, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        raise _refusal("34", f"{_named(certificate)} is no authority")
    if constraints.path_length is not None and constraints.path_length < below:
        raise _refusal(
            "34",
            f"{_named(certificate)} allows {constraints.path_length} authorities below it, not"
            f" {below}",
        )
    usage = _extension(extensions, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        raise _refusal("34", f"{_named(certificate)} may not sign certificates")


def _read_certificate(der: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(der)
        positive = certificate.serial_number > 0
    except _UNREADABLE as error:
        raise _refusal("27", f"a certificate cannot be read: {str(error)!a}") from error
    if certificate.version is not x509.Version.v3 or not positive:
        raise _refusal("27", "a certificate is not X.509 v3 with a positive serial number")
    return certificate


def _issued(certificate: x509.Certificate, *, by: x509.Certificate) -> bool:
    """Whether `by` is the issuer's name and its P-384 key made the signature (with SHA-384)."""
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA384:
        return False
    if _p384_key(by) is None:
        return False
    try:
        certificate.verify_directly_issued_by(by)
    except (InvalidSignature, ValueError):
        return False
    return True


def _p384_key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey | None:
    try:
        key = certificate.public_key()
    except _UNREADABLE:
        return None
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP384R1):
        return key
    return None


def _extensions(certificate: x509.Certificate, number: str) -> x509.Extensions:
    try:
        return certificate.extensions
    except _UNREADABLE as error:
        raise _refusal(
            number, f"the extensions of {_named(certificate)} cannot be read: {str(error)!a}"
        ) from error


def _extension(extensions: x509.Extensions, kind: type[_Kind]) -> _Kind | None:
    """The extension of that kind, if there is one."""
    return next((e.value for e in extensions if isinstance(e.value, kind)), None)


def _issuer_bytes(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.issuer.public_bytes()
    except _UNREADABLE:
        return None


def _named(certificate: x509.Certificate) -> str:
    """The certificate for a message: foreign text, in printable ASCII and bounded."""
    return f"the certificate {name_of(certificate)[:200]!a}"


def _refusal(number: str, what: str, do: str = DO_NOT_DEPLOY) -> DeployError:
    return SignatureError.of(f"E-SIGNATURE-{number}", what, do)
