"""One certificate, read so that hostile bytes raise a refusal and nothing else.

cryptography parses the whole; what must be compared byte for byte (names, version, serial number,
kind of key) is read from the encoding, because cryptography's own objects for names and unusual
keys raise or warn on odd contents. Extensions are left alone until a root vouches for them: see
`chain`.

May import cryptography, tlv, errors, advice, model. Must never judge whether a certificate is
trusted.
"""

from __future__ import annotations

from dataclasses import field
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import SignatureAlgorithmOID

from signed_lambda.errors import SignatureError
from signed_lambda.lazy import dataclass
from signed_lambda.model import Sha256
from signed_lambda.signature import tlv
from signed_lambda.signature.advice import DO_NOT_DEPLOY

VERSION_3: Final = bytes.fromhex("a003020102")
"""The field version of X.509 v3 in its explicit tag, RFC 5280 section 4.1.2.1."""
P384_KEY: Final = bytes.fromhex("301006072a8648ce3d020106052b81040022")
"""AlgorithmIdentifier of a public key on secp384r1, RFC 5480 section 2.1.1."""
COMMON_NAME: Final = bytes.fromhex("0603550403")
"""2.5.4.3, RFC 5280 appendix A.1."""
WHOLE_BYTES: Final = b"\0"
"""First byte of a BIT STRING without unused bits; cryptography ignores it in signatures.

Source: X.690 section 8.6.2.2; RFC 5280 section 4.1.1.3.
"""
MAX_SERIAL_BYTES: Final = 20
"""Source: RFC 5280 section 4.1.2.2."""

_NAME_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Certificate:
    """An X.509 v3 certificate; equal if its bytes are.

    Attributes:
        parsed: As cryptography reads it.
        issuer: Issuer's name, as encoded.
        subject: Its own name, as encoded.
        serial: Serial number, positive.
        key: Public key, if it is one on P-384.
    """

    parsed: x509.Certificate
    issuer: bytes = field(compare=False)
    subject: bytes = field(compare=False)
    serial: int = field(compare=False)
    key: ec.EllipticCurvePublicKey | None = field(compare=False)

    @classmethod
    def read(cls, der: bytes) -> Self:
        """The certificate that fills `der`.

        Raises:
            SignatureError: Not readable to the last byte, not version 3 with extensions, a serial
                number that is not positive or too long, a broken key (E-SIGNATURE-27).
        Source: RFC 5280 section 4.1.
        """
        # 27
        try:
            return cls._read(der)
        except (SignatureError, ValueError) as error:
            what = error.problems[0].what if isinstance(error, SignatureError) else str(error)
            raise SignatureError.of(
                "E-SIGNATURE-27", f"a certificate cannot be read: {what[:200]!a}", DO_NOT_DEPLOY
            ) from error

    @classmethod
    def _read(cls, der: bytes) -> Self:
        outer = tlv.read(der, tlv.SEQUENCE, "certificate")
        tbs, _, signature = tlv.fields(
            outer, "certificate", tlv.SEQUENCE, tlv.SEQUENCE, tlv.BIT_STRING
        )
        version, serial, _, issuer, _, subject, public_key, _ = tlv.fields(
            tbs,
            "certificate's content",
            tlv.CONTEXT_0,
            tlv.INTEGER,
            *(tlv.SEQUENCE,) * 5,
            tlv.CONTEXT_3,
        )
        if signature.contents[:1] != WHOLE_BYTES:
            raise ValueError("its signature is not of whole bytes")
        if version.raw != VERSION_3:
            raise ValueError("it is not of version 3")
        number = int.from_bytes(serial.contents, signed=True)
        if number <= 0 or len(serial.contents) > MAX_SERIAL_BYTES:
            raise ValueError("its serial number is not positive, or longer than 20 bytes")
        parsed = x509.load_der_x509_certificate(der)
        algorithm, _ = tlv.fields(public_key, "public key", tlv.SEQUENCE, tlv.BIT_STRING)
        key: ec.EllipticCurvePublicKey | None = None
        if algorithm.raw == P384_KEY:
            found = parsed.public_key()
            assert isinstance(found, ec.EllipticCurvePublicKey)  # as the identifier says
            key = found
        return cls(parsed, issuer.raw, subject.raw, number, key)

    def is_issued_by(self, issuer: Certificate) -> bool:
        """Whether the names fit and the issuer's P-384 key made the signature, with SHA-384.

        Not whether the issuer was allowed to.
        Source: RFC 5280 section 6.1.3.
        """
        if issuer.key is None:
            return False
        if self.parsed.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA384:
            return False
        try:
            self.parsed.verify_directly_issued_by(issuer.parsed)  # names first, then the signature
        except (InvalidSignature, ValueError):
            return False
        return True

    @property
    def fingerprint(self) -> Sha256:
        """SHA-256 of its DER, as `openssl x509 -fingerprint -sha256` shows it."""
        return Sha256(self.parsed.fingerprint(SHA256()))

    def __str__(self) -> str:
        """For a message: the common name, foreign text in printable ASCII, and the serial."""
        return f"the certificate {self._common_name()[:_NAME_SHOWN]!a} ({self.serial:x})"

    def _common_name(self) -> str:
        for part in tlv.elements(tlv.read(self.subject, tlv.SEQUENCE, "name").contents, "name"):
            for pair in tlv.elements(part.contents, "name"):
                kind, value = tlv.elements(pair.contents, "name")
                if kind.raw == COMMON_NAME:
                    return value.contents.decode("utf-8", "backslashreplace")
        return ""
