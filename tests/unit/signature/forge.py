"""A certificate authority and a CMS signer of our own, which can make every defect.

Independent of `lambda_sandbox` on purpose: a mistake there must not cancel out one in the product.
Keys, serial numbers and ECDSA nonces are fixed, so every forged byte is the same on each run.
"""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNED_AT = dt.datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=dt.UTC)
EXPIRES_AT = dt.datetime(2037, 6, 1, 12, 0, 0, 500_000, tzinfo=dt.UTC)
NOW = SIGNED_AT + dt.timedelta(minutes=1)
JOB = "arn:aws:signer:eu-west-1:123456789012:/signing-jobs/0f0f0f0f-1111-2222-3333-444444444444"
PROFILE = "arn:aws:signer:eu-west-1:123456789012:/signing-profiles/team_profile/AbCdEfGh12"
DIGEST = bytes(range(48))

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"
JOB_ARN = "1.3.187.137.1.2"
EXPIRY = "1.3.187.137.1.3"
PROFILE_VERSION_ARN = "1.3.187.137.1.4"


# -- DER and BER


def tlv(identifier: int, *contents: bytes) -> bytes:
    """One element with a definite length."""
    body = b"".join(contents)
    if len(body) < 0x80:
        return bytes([identifier, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8)
    return bytes([identifier, 0x80 | len(size)]) + size + body


def indefinite(identifier: int, *contents: bytes) -> bytes:
    """One element with an indefinite length."""
    return bytes([identifier, 0x80]) + b"".join(contents) + b"\0\0"


def seq(*contents: bytes) -> bytes:
    return tlv(0x30, *contents)


def set_of(*contents: bytes) -> bytes:
    return tlv(0x31, *sorted(contents))


def oid(dotted: str) -> bytes:
    return bytes(core.ObjectIdentifier(dotted).dump())


def integer(value: int) -> bytes:
    return bytes(core.Integer(value).dump())


def generalized(moment: dt.datetime) -> bytes:
    text = moment.strftime("%Y%m%d%H%M%S") + f".{moment.microsecond // 1000:03d}Z"
    return tlv(0x18, text.encode())


def utf8(text: str) -> bytes:
    return tlv(0x0C, text.encode())


SHA384 = seq(oid("2.16.840.1.101.3.4.2.2"), b"\x05\x00")
SHA384_NO_PARAMETERS = seq(oid("2.16.840.1.101.3.4.2.2"))
SHA256 = seq(oid("2.16.840.1.101.3.4.2.1"), b"\x05\x00")
ECDSA_SHA384 = seq(oid("1.2.840.10045.4.3.3"))
ECDSA_SHA256 = seq(oid("1.2.840.10045.4.3.2"))
RSA_SHA384 = seq(oid("1.2.840.113549.1.1.12"), b"\x05\x00")


def protection(digest: bytes = SHA384, signature: bytes = oid("1.2.840.10045.4.3.3")) -> bytes:
    return seq(digest, tlv(0xA1, signature))


def pem(data: bytes, label: str = "PKCS7", width: int = 64, end: str = "\n") -> bytes:
    text = base64.b64encode(data).decode()
    lines = [text[i : i + width] for i in range(0, len(text), width)]
    return end.join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


# -- certificates


def key(number: int, curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    """Key number `number`, on every machine the same."""
    return ec.derive_private_key(0xC0FFEE0000 + number, curve or ec.SECP384R1())


RSA_KEY = rsa.generate_private_key(65537, 2048)
"""Not fixed: nothing is compared with what it signs."""


def usage(*, sign: bool = False, certify: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certify,
        crl_sign=certify,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True, kw_only=True)
class Issue:
    """What to put into a certificate; defaults are those of a good authority."""

    name: str
    key: Any
    issuer: str
    issuer_key: Any
    serial: int
    start: dt.datetime = dt.datetime(2021, 7, 12, tzinfo=dt.UTC)
    end: dt.datetime = dt.datetime(2040, 7, 12, tzinfo=dt.UTC)
    constraints: x509.BasicConstraints | None = field(
        default_factory=lambda: x509.BasicConstraints(ca=True, path_length=None)
    )
    usage: x509.KeyUsage | None = field(default_factory=lambda: usage(certify=True))
    purposes: tuple[x509.ObjectIdentifier, ...] = ()
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    hash: Any = field(default_factory=hashes.SHA384)

    def make(self) -> x509.Certificate:
        """The certificate."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(common_name(self.name))
            .issuer_name(common_name(self.issuer))
            .public_key(self.key.public_key())
            .serial_number(self.serial)
            .not_valid_before(self.start)
            .not_valid_after(self.end)
        )
        if self.constraints is not None:
            builder = builder.add_extension(self.constraints, critical=True)
        if self.usage is not None:
            builder = builder.add_extension(self.usage, critical=True)
        if self.purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(self.purposes), critical=True)
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False
        )
        if self.name != self.issuer:
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.issuer_key.public_key()),
                critical=False,
            )
        for extension, critical in self.extra:
            builder = builder.add_extension(extension, critical=critical)
        if isinstance(self.issuer_key, ec.EllipticCurvePrivateKey):
            return builder.sign(self.issuer_key, self.hash, ecdsa_deterministic=True)
        return builder.sign(self.issuer_key, self.hash)


def common_name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def resigned(issue: Issue, edit: Callable[[Any], None]) -> bytes:
    """DER of a certificate that `edit` changed (an asn1crypto TbsCertificate) before signing.

    For what a careful library does not write: wrong versions, serial numbers, extensions.
    """
    certificate = asn1_x509.Certificate.load(der(issue.make()))
    tbs = certificate["tbs_certificate"]
    edit(tbs)
    signed = tbs.dump(force=True)
    signature = issue.issuer_key.sign(signed, ec.ECDSA(hashes.SHA384(), deterministic_signing=True))
    return seq(signed, ECDSA_SHA384, tlv(0x03, b"\0", signature))


ROOT = Issue(name="Root", key=key(1), issuer="Root", issuer_key=key(1), serial=0x1001)
UPPER = Issue(
    name="Upper",
    key=key(2),
    issuer="Root",
    issuer_key=key(1),
    serial=0x1002,
    constraints=x509.BasicConstraints(ca=True, path_length=1),
)
LOWER = Issue(
    name="Lower",
    key=key(3),
    issuer="Upper",
    issuer_key=key(2),
    serial=0x1003,
    constraints=x509.BasicConstraints(ca=True, path_length=0),
)
LEAF = Issue(
    name="signer",
    key=key(4),
    issuer="Lower",
    issuer_key=key(3),
    serial=0x1004,
    start=SIGNED_AT - dt.timedelta(days=1),
    end=SIGNED_AT + dt.timedelta(days=2),
    constraints=x509.BasicConstraints(ca=False, path_length=None),
    usage=usage(sign=True),
    purposes=(ExtendedKeyUsageOID.CODE_SIGNING,),
)
ROOT_CERTIFICATE = ROOT.make()


# -- the signature


def attribute(dotted: str, *values: bytes) -> bytes:
    return seq(oid(dotted), set_of(*values))


GOOD_ATTRIBUTES: dict[str, tuple[bytes, ...]] = {
    CONTENT_TYPE: (oid(DATA),),
    MESSAGE_DIGEST: (tlv(0x04, DIGEST),),
    SIGNING_TIME: (generalized(SIGNED_AT),),
    ALGORITHM_PROTECTION: (protection(),),
    JOB_ARN: (utf8(JOB),),
    EXPIRY: (generalized(EXPIRES_AT),),
    PROFILE_VERSION_ARN: (utf8(PROFILE),),
}


def attributes(**changes: bytes | None) -> tuple[bytes, ...]:
    """The good attributes with some values replaced (by the name of their constant) or left out."""
    values: dict[str, tuple[bytes, ...]] = dict(GOOD_ATTRIBUTES)
    for name, value in changes.items():
        dotted = globals()[name]
        if value is None:
            del values[dotted]
        else:
            values[dotted] = (value,)
    return tuple(attribute(dotted, *found) for dotted, found in values.items())


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to make a signature; the defaults make a good one in the shape of AWS Signer's."""

    leaf: Issue = LEAF
    authorities: tuple[Issue, ...] = (LOWER, UPPER, ROOT)
    carried: tuple[bytes, ...] | None = None
    """DER of the certificates in the file; None: the leaf, the authorities, the root again."""
    attributes: tuple[bytes, ...] = field(default_factory=attributes)
    sent_attributes: tuple[bytes, ...] | None = None
    """Attributes in the file and their order, where others are signed."""
    signing_key: Any = None
    signing_hash: Any = field(default_factory=hashes.SHA384)
    signature: bytes | None = None
    signer_name: bytes | None = None
    signer_version: int = 1
    signer_digest: bytes = SHA384
    signer_algorithm: bytes = ECDSA_SHA384
    unsigned: bytes = b""
    version: int = 1
    digests: tuple[bytes, ...] = (SHA384,)
    content: bytes = indefinite(0x30, oid(DATA))
    revocation: bytes = b""
    signers: int = 1
    content_type: str = SIGNED_DATA
    wrap: Any = indefinite

    def but(self, **changes: object) -> Recipe:
        """The recipe with some fields replaced."""
        return replace(self, **changes)

    def signer_info(self) -> bytes:
        """The one SignerInfo."""
        signed = set_of(*self.attributes)
        sent = self.sent_attributes or tuple(sorted(self.attributes))
        private = self.signing_key or self.leaf.key
        if self.signature is not None:
            signature = self.signature
        elif isinstance(private, rsa.RSAPrivateKey):
            signature = private.sign(signed, padding.PKCS1v15(), self.signing_hash)
        else:
            algorithm = ec.ECDSA(self.signing_hash, deterministic_signing=True)
            signature = private.sign(signed, algorithm)
        name = self.signer_name or issuer_and_serial(self.leaf.issuer, self.leaf.serial)
        return seq(
            integer(self.signer_version),
            name,
            self.signer_digest,
            tlv(0xA0, *sent),
            self.signer_algorithm,
            tlv(0x04, signature),
            self.unsigned,
        )

    def cms(self) -> bytes:
        """The BER of the signature."""
        carried = self.carried
        if carried is None:
            made = [der(i.make()) for i in (self.leaf, *self.authorities)]
            carried = (*made, made[-1])
        signed_data = self.wrap(
            0x30,
            integer(self.version),
            set_of(*self.digests),
            self.content,
            self.wrap(0xA0, *carried),
            self.revocation,
            tlv(0x31, *[self.signer_info()] * self.signers),
        )
        return bytes(self.wrap(0x30, oid(self.content_type), self.wrap(0xA0, signed_data)))

    def sf(self) -> bytes:
        """The file."""
        return pem(self.cms())


def issuer_and_serial(issuer: str, serial: int) -> bytes:
    return seq(common_name(issuer).public_bytes(), integer(serial))
