"""The root certificates that a signature's chain may end at.

May import cryptography and model; reads one file that lies beside it. Must never take a root from
the signature that is being verified.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256

from signed_lambda.model import Sha256

AWS_ROOT_SHA256: Final = Sha256.from_hex(
    "410220a72bba4576767ba5941b694a9bddc40817f76957f6919fdac89a7849c7"
)
"""Fingerprint of aws-signer-root-ca.pem: a changed file beside this module is noticed.

Source: README.md beside this module.
"""


@dataclass(frozen=True, slots=True)
class TrustRoots:
    """Self-signed certificates that are trusted because we hold them.

    Attributes:
        certificates: At least one.
        AWS: The root of AWS Signer.
    """

    certificates: tuple[x509.Certificate, ...]

    AWS: ClassVar[TrustRoots]

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """The roots of an emulator's signer.

        Args:
            pem: One or more certificates, each in a CERTIFICATE block.

        Raises:
            ValueError: Not PEM, no certificate, or one that is not self-signed.
        """
        certificates = tuple(x509.load_pem_x509_certificates(pem))
        for certificate in certificates:
            try:
                certificate.verify_directly_issued_by(certificate)
            except (InvalidSignature, TypeError, ValueError) as error:
                name = ascii(certificate.subject.rfc4514_string())
                raise ValueError(f"the certificate {name} is not self-signed") from error
        return cls(certificates)


def fingerprint(certificate: x509.Certificate) -> Sha256:
    """SHA-256 of the certificate's DER, as `openssl x509 -fingerprint -sha256` shows it."""
    return Sha256(certificate.fingerprint(SHA256()))


def pinned(pem: bytes, *, sha256: Sha256) -> TrustRoots:
    """The one root of `pem`, if it is the certificate whose fingerprint we know.

    Raises:
        ValueError: Another certificate, or more than one: the installation is damaged.
    """
    roots = TrustRoots.from_pem(pem)
    found = tuple(fingerprint(root) for root in roots.certificates)
    if found != (sha256,):
        names = ", ".join(map(str, found))
        raise ValueError(f"the pinned root should be {sha256}, but the file holds {names}")
    return roots


TrustRoots.AWS = pinned(
    Path(__file__).with_name("aws-signer-root-ca.pem").read_bytes(), sha256=AWS_ROOT_SHA256
)
