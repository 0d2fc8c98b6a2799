"""The root certificates that a signature's chain may end at.

May import cryptography, certificate, errors, model; reads one file that lies beside it. Must never
take a root from the signature that is being verified.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signed_lambda.errors import SignatureError
from signed_lambda.lazy import dataclass
from signed_lambda.model import Sha256
from signed_lambda.signature.certificate import Certificate

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

    certificates: tuple[Certificate, ...]

    AWS: ClassVar[TrustRoots]

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """The roots of an emulator's signer.

        Args:
            pem: One or more certificates, each in a CERTIFICATE block.

        Raises:
            ValueError: Not PEM, no certificate, or one that is not self-signed with ECDSA P-384
                and SHA-384, as Signer's root is.
        """
        loaded = x509.load_pem_x509_certificates(pem)
        return cls(tuple(_read_root(root.public_bytes(Encoding.DER)) for root in loaded))


def _read_root(der: bytes) -> Certificate:
    try:
        root = Certificate.read(der)
    except SignatureError as error:
        raise ValueError(f"a root cannot be used: {error.problems[0].what}") from error
    if not root.is_issued_by(root):
        raise ValueError(f"{root} is not self-signed with ECDSA P-384 and SHA-384")
    return root


def pinned(pem: bytes, *, sha256: Sha256) -> TrustRoots:
    """The one root of `pem`, if it is the certificate whose fingerprint we know.

    Raises:
        ValueError: Another certificate, or more than one: the installation is damaged.
    """
    roots = TrustRoots.from_pem(pem)
    found = tuple(root.fingerprint for root in roots.certificates)
    if found != (sha256,):
        names = ", ".join(map(str, found))
        raise ValueError(f"the pinned root should be {sha256}, but the file holds {names}")
    return roots


TrustRoots.AWS = pinned(
    Path(__file__).with_name("aws-signer-root-ca.pem").read_bytes(), sha256=AWS_ROOT_SHA256
)
