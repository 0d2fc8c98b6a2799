"""A signer's certificate: issued by an authority of the roots, logged, and for which workflow.

cryptography builds and judges the chain; what Sigstore adds (the log of certificates, the workflow
in the extensions) is read here.

May import cryptography, signature.tlv, roots, reading.
Source: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md; RFC 6962 section 3.2
"""

from __future__ import annotations

import hashlib
import struct
from datetime import UTC
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from signed_lambda.attestation.reading import UnprovenError, shown
from signed_lambda.errors import SignatureError
from signed_lambda.lazy import dataclass
from signed_lambda.signature import tlv

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from signed_lambda.attestation.roots import Authority, Instance, LogKey

ARC: Final = "1.3.6.1.4.1.57264.1"
"""Of Fulcio's extensions."""
ISSUER: Final = f"{ARC}.8"
SIGNER: Final = f"{ARC}.9"
"""Build Signer URI: the workflow file that ran, with its ref."""
REPOSITORY: Final = f"{ARC}.12"
COMMIT: Final = f"{ARC}.13"
ACTIONS: Final = "https://token.actions.githubusercontent.com"
"""Source: https://docs.github.com/en/actions/reference/security/oidc"""
SERVER: Final = "https://github.com/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom the certificate was issued to.

    Attributes:
        workflow: "owner/name/.github/workflows/file.yml@refs/heads/main".
        repository: "owner/name" whose run it was.
        commit: Of that run; "" where it is not said.
    """

    workflow: str
    repository: str
    commit: str


def check_chain(
    authority: Authority, leaf: x509.Certificate, time: datetime, purpose: x509.ObjectIdentifier
) -> tuple[x509.Certificate, ...]:
    """The chain from `leaf` to the authority's root, all valid at that time.

    Raises:
        UnprovenError: There is none, or the leaf is not for that purpose.
    """
    relaxed = ExtensionPolicy.webpki_defaults_ca().may_be_present(
        x509.ExtendedKeyUsage, Criticality.AGNOSTIC, None
    )
    verifier = (
        PolicyBuilder()
        .store(Store([authority.chain[-1]]))
        .time(time)
        .extension_policies(ca_policy=relaxed, ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    between = [c for c in authority.chain[:-1] if c != leaf]
    try:
        chain = tuple(verifier.verify(leaf, between).chain)
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (
        VerificationError,
        ValueError,
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise UnprovenError(
            f"its certificate was not valid at {time.isoformat()}, or was not issued by the"
            " authority that it names"
        ) from error
    if not usage.digital_signature or purpose not in purposes:
        raise UnprovenError("its certificate is for another purpose")
    return chain


def read_certificate(der: bytes) -> x509.Certificate:
    """A certificate, all of whose parts can be read: cryptography looks at them when asked.

    Raises:
        UnprovenError: It cannot be read.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        for name in (certificate.issuer, certificate.subject):
            name.rfc4514_string()
        list(certificate.extensions)
        certificate.public_key()
    except (
        TypeError,  # a name's part of a type that its kind does not have
        ValueError,
        UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise UnprovenError("its certificate cannot be read") from error
    return certificate


def check_signer(instance: Instance, leaf: x509.Certificate, time: datetime) -> None:
    """An authority of the instance issued the certificate, and a log of certificates has it.

    Raises:
        UnprovenError: Not so.
    """
    last: UnprovenError | None = None
    for authority in instance.authorities:
        if leaf.issuer != authority.chain[0].subject or time not in authority.period:
            continue
        try:
            chain = check_chain(authority, leaf, time, ExtendedKeyUsageOID.CODE_SIGNING)
        except UnprovenError as error:
            last = error
            continue
        if instance.certificate_logs:
            _check_logged(leaf, chain[1], instance.certificate_logs)
        return
    raise last or UnprovenError(
        f"its certificate is of no authority that the roots name for {time.isoformat()}"
    )


def _check_logged(
    leaf: x509.Certificate, issuer: x509.Certificate, logs: Mapping[bytes, LogKey]
) -> None:
    """One of the logs promised, in the certificate itself, to publish it."""
    kind = x509.PrecertificateSignedCertificateTimestamps
    try:
        promises = leaf.extensions.get_extension_for_class(kind).value
        tbs = leaf.tbs_precertificate_bytes
    except (x509.ExtensionNotFound, ValueError) as error:
        raise UnprovenError("its certificate is in no log of certificates") from error
    key = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for promise in promises:
        log = logs.get(promise.log_id)
        time = promise.timestamp.replace(tzinfo=UTC)
        if log is None or time not in log.period:
            continue
        milliseconds = int(time.timestamp()) * 1000 + time.microsecond // 1000
        signed = b"".join(
            (
                struct.pack(">BBQH", promise.version.value, 0, milliseconds, 1),
                hashlib.sha256(key).digest(),
                len(tbs).to_bytes(3),
                tbs,
                struct.pack(">H", len(promise.extension_bytes)),
                promise.extension_bytes,
            )
        )
        usual = isinstance(promise.signature_hash_algorithm, SHA256)
        if usual and log.verifies(promise.signature, signed):
            return
    raise UnprovenError("its certificate is in no log of certificates that the roots name")


def identity_of(leaf: x509.Certificate) -> Identity:
    """Whom a certificate that was checked names.

    Raises:
        UnprovenError: It is no workflow of github.com.
    """
    said = {
        extension.oid.dotted_string: extension.value.value
        for extension in leaf.extensions
        if isinstance(extension.value, x509.UnrecognizedExtension)
    }
    if (issuer := _text(said, ISSUER)) != ACTIONS:
        raise UnprovenError(f"its signer was vouched for by {shown(issuer)}, not by GitHub Actions")
    signer = _text(said, SIGNER)
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise UnprovenError("its certificate names nobody") from error
    if list(names) != [x509.UniformResourceIdentifier(signer)]:
        raise UnprovenError("its certificate names its signer in two ways")
    return Identity(
        workflow=_of_github(signer),
        repository=_of_github(_text(said, REPOSITORY)),
        commit=_text(said, COMMIT) if COMMIT in said else "",
    )


def _of_github(uri: str) -> str:
    if not uri.startswith(SERVER):
        raise UnprovenError(f"its signer is {shown(uri)}, which is not of {SERVER}")
    return uri.removeprefix(SERVER)


def _text(said: Mapping[str, bytes], oid: str) -> str:
    """A DER UTF8String."""
    if oid not in said:
        raise UnprovenError(f"its certificate lacks the extension {oid}")
    try:
        return tlv.read(said[oid], tlv.UTF8_STRING, oid).contents.decode()
    except (SignatureError, ValueError) as error:
        raise UnprovenError(f"its certificate's extension {oid} is no text") from error
