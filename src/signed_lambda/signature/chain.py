"""From the signer's certificate to a pinned root: who signed, and was he allowed to (checks 27-36).

The order matters: first the chain is built from names and signatures alone (33); only then are
extensions read, so that nothing but the bytes that a pinned root vouches for reaches their parser.
The rules are narrower than RFC 5280 where Signer's certificates are: P-384 and ECDSA with SHA-384.

May import cryptography, certificate, envelope, roots, errors, advice. Must never end a chain at a
certificate that the signature brought along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from signed_lambda.errors import SignatureError
from signed_lambda.signature.advice import CHECK_ROOT, DO_NOT_DEPLOY
from signed_lambda.signature.certificate import Certificate

if TYPE_CHECKING:
    from datetime import datetime

    from signed_lambda.errors import DeployError
    from signed_lambda.signature.envelope import SignedData
    from signed_lambda.signature.roots import TrustRoots

MAX_CERTIFICATES: Final = 10
"""Certificates that a signature may carry, doubles included. A real one carries 5."""
MAX_CHAIN: Final = 6
"""Longest chain, signer's certificate and root included. A real one has 4."""

_KNOWN_CRITICAL: Final = frozenset(
    (ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE)
)
_Kind = TypeVar("_Kind", bound=x509.ExtensionType)


def read_certificates(encoded: tuple[bytes, ...]) -> tuple[Certificate, ...]:
    """The certificates that the signature carries, each once.

    Byte-equal doubles are dropped: Signer writes the root twice.

    Args:
        encoded: DER of each.

    Raises:
        SignatureError: None, more than `MAX_CERTIFICATES`, or one that cannot be read
            (E-SIGNATURE-27).
    Source: a file made by AWS Signer, tests/data/signer/README.md.
    """
    # 27
    if not 1 <= len(encoded) <= MAX_CERTIFICATES:
        raise _refusal("27", f"{len(encoded)} certificates, not 1 to {MAX_CERTIFICATES}")
    return tuple(Certificate.read(der) for der in dict.fromkeys(encoded))


def signer_of(signed: SignedData, bag: tuple[Certificate, ...]) -> Certificate:
    """The one certificate that the signer names by issuer and serial number.

    Raises:
        SignatureError: No certificate, or several different ones (E-SIGNATURE-28).
    Source: RFC 5652 section 10.2.4.
    """
    # 28
    wanted = (signed.signer_issuer, signed.signer_serial)
    found = [
        certificate for certificate in bag if (certificate.issuer, certificate.serial) == wanted
    ]
    if len(found) != 1:
        raise _refusal(
            "28",
            f"{len(found)} of the certificates are the signer's, serial {signed.signer_serial:x}",
        )
    return found[0]


def build_chain(
    signer: Certificate, bag: tuple[Certificate, ...], roots: TrustRoots
) -> tuple[Certificate, ...]:
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
        anchors = [root for root in roots.certificates if last.is_issued_by(root)]
        if anchors:
            return (*chain, anchors[0])
        issuers = [c for c in bag if c not in chain and last.is_issued_by(c)]
        if len(issuers) != 1:
            raise _refusal(
                "33",
                f"{last} is signed by no pinned root, and by {len(issuers)} of the certificates"
                " that came along",
                CHECK_ROOT,
            )
        chain.append(issuers[0])
    raise _refusal("33", f"no pinned root within {MAX_CHAIN} certificates", CHECK_ROOT)


def check_authorities(chain: tuple[Certificate, ...]) -> None:
    """Checks what each certificate of the chain may do.

    Args:
        chain: From the signer's certificate to the root, signatures verified.

    Raises:
        SignatureError: Extensions that cannot be read (E-SIGNATURE-27), a critical one that is not
            known (-35), an issuer that is no authority (-34).
    Source: RFC 5280 sections 4.2, 4.2.1.3, 4.2.1.9 and 6.1.4.
    """
    for depth, certificate in enumerate(chain):
        extensions = _extensions(certificate)
        # 35
        unknown = [
            e.oid.dotted_string for e in extensions if e.critical and e.oid not in _KNOWN_CRITICAL
        ]
        if unknown:
            raise _refusal("35", f"{certificate}: {', '.join(unknown)}")
        # 34
        if depth:
            _check_authority(certificate, extensions, below=depth - 1)


def verify_attributes(signed: SignedData, signer: Certificate) -> None:
    """Verifies the signature over the signed attributes with the key of a code-signing certificate.

    Args:
        signed: The parts of the signature.
        signer: First of a chain that was built and checked.

    Raises:
        SignatureError: The certificate is not one for signing code with P-384 (E-SIGNATURE-29), or
            the signature does not verify (-30).
    Source: RFC 5652 section 5.4; RFC 5280 sections 4.2.1.3, 4.2.1.9 and 4.2.1.12.
    """
    # 29
    if signer.key is None:
        raise _refusal("29", f"{signer} has no ECDSA P-384 key")
    extensions = _extensions(signer)
    constraints = _extension(extensions, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise _refusal("29", f"{signer} is an authority, not a signer of code")
    usage = _extension(extensions, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        raise _refusal("29", f"{signer} may not be used for signing")
    purposes = _extension(extensions, x509.ExtendedKeyUsage)
    if purposes is None or ExtendedKeyUsageOID.CODE_SIGNING not in purposes:
        raise _refusal("29", f"{signer} is not for signing code")
    # 30
    try:
        signer.key.verify(signed.signature, signed.signed_attributes, ec.ECDSA(SHA384()))
    except InvalidSignature as error:
        raise _refusal("30", f"the signature does not verify with {signer}") from error


def check_validity(chain: tuple[Certificate, ...], signed_at: datetime) -> None:
    """Checks that each certificate was valid when the zip was signed.

    Not whether it is valid now: the signer's certificate lives for about three days.

    Args:
        chain: From the signer's certificate to the root.
        signed_at: UTC.

    Raises:
        SignatureError: A certificate was not valid then (E-SIGNATURE-36).
    Source: RFC 5280 section 4.1.2.5 (both ends belong to the period).
    """
    # 36
    for certificate in chain:
        start = certificate.parsed.not_valid_before_utc
        end = certificate.parsed.not_valid_after_utc
        if not start <= signed_at <= end:
            raise _refusal(
                "36",
                f"{certificate} was valid from {start.isoformat()} to {end.isoformat()}, signed was"
                f" at {signed_at.isoformat()}",
            )


def _check_authority(certificate: Certificate, extensions: x509.Extensions, *, below: int) -> None:
    """Whether `certificate` may issue, with `below` authorities between it and the signer."""
    constraints = _extension(extensions, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        raise _refusal("34", f"{certificate} is no authority")
    if constraints.path_length is not None and constraints.path_length < below:
        raise _refusal(
            "34",
            f"{certificate} allows {constraints.path_length} authorities below it, not {below}",
        )
    usage = _extension(extensions, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        raise _refusal("34", f"{certificate} may not sign certificates")


def _extensions(certificate: Certificate) -> x509.Extensions:
    try:
        return certificate.parsed.extensions
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise _refusal(
            "27", f"the extensions of {certificate} cannot be read: {str(error)!a}"
        ) from error


def _extension(extensions: x509.Extensions, kind: type[_Kind]) -> _Kind | None:
    """The extension of that kind, if there is one."""
    return next((e.value for e in extensions if isinstance(e.value, kind)), None)


def _refusal(number: str, what: str, do: str = DO_NOT_DEPLOY) -> DeployError:
    return SignatureError.of(f"E-SIGNATURE-{number}", what, do)
