"""A certificate authority with the shape of AWS Signer's, thrown away with the process.

Shape as in the certificates of a signature that AWS made (Datadog's Lambda layer, us-east-1,
signed 2022-02-11): leaf of three days <- regional CA of one year <- CA of five years <- self-signed
root of a hundred years; all P-384 with SHA-384, same extensions in the same order, the root twice.

Imports `cryptography` only. Never writes a key anywhere. The names say that this is not AWS.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT_CA: Final = "Signer us-west-2 ROOT CA"
_MIDDLE_CA: Final = "Signer us-west-2 SUBORDINATE CA"
_HOUR: Final = timedelta(hours=1)
_ROOT_FROM: Final = datetime(2020, 7, 16, 18, 21, 47, tzinfo=UTC)
_ROOT_UNTIL: Final = datetime(2120, 7, 16, 19, 21, 47, tzinfo=UTC)
_FIRST_HALF_MONTHS: Final = 6


@dataclass(frozen=True, slots=True)
class Signing:
    """What a signature is made with.

    Attributes:
        key: Of the first certificate.
        chain: Leaf first; the certificates that go into the envelope, in its order.
    """

    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate of the signer."""
        return self.chain[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafShape:
    """How a leaf differs from an honest one; the defaults are honest.

    Attributes:
        code_signing: Has the extended key usage codeSigning.
        not_before: Start of its three days and an hour; None: the hour before the day begins.
    """

    code_signing: bool = True
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Top:
    """What the authorities of all regions have in common."""

    root_key: ec.EllipticCurvePrivateKey
    root: x509.Certificate
    middle_key: ec.EllipticCurvePrivateKey


class Authority:
    """Root, intermediate and regional CA; makes a leaf for a day of signing."""

    def __init__(
        self,
        region: str,
        organization: str = "lambda_sandbox, not AWS",
        *,
        above: Authority | None = None,
    ) -> None:
        """Makes the three CAs' keys; certificates are made when a time asks for them.

        Args:
            region: Of the regional CA.
            organization: In every name.
            above: Whose root and intermediate CA it has; None: makes its own.
        """
        self._region = region
        self.organization = organization
        self._regional_key = new_key()
        self._leaf_key = new_key()
        self._days: dict[datetime, Signing] = {}
        if above is not None:
            self.top: Top = above.top
            return
        name, key = self._ca_name(ROOT_CA), new_key()
        root = _issue(
            subject=name,
            issuer=name,
            key=key,
            issuer_key=key,
            valid=(_ROOT_FROM, _ROOT_UNTIL),
            extensions=_ca_extensions(key, key, None),
        )
        self.top = Top(key, root, new_key())

    @property
    def root(self) -> x509.Certificate:
        """Self-signed: what a verifier trusts."""
        return self.top.root

    @property
    def root_pem(self) -> bytes:
        """The self-signed root, PEM."""
        return self.root.public_bytes(serialization.Encoding.PEM)

    def signing_at(self, at: datetime) -> Signing:
        """Key and chain for a signature at `at` (UTC); one leaf a day.

        The CAs' windows overlap, so that each chain is valid at the time of signing: a regional CA
        starts with each half-year and lives a year, the one above starts with each year and lives
        five.
        """
        day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if day not in self._days:
            self._days[day] = self.signing_with(LeafShape(not_before=day - _HOUR), at)
        return self._days[day]

    def signing_with(self, shape: LeafShape, at: datetime) -> Signing:
        """Key and chain with a leaf of another shape, under CAs that are valid at `at`."""
        begin = shape.not_before or at - _HOUR
        leaf = _issue(
            subject=_name(
                (NameOID.COUNTRY_NAME, "US"),
                (NameOID.STATE_OR_PROVINCE_NAME, "WA"),
                (NameOID.LOCALITY_NAME, "Seattle"),
                (NameOID.ORGANIZATION_NAME, self.organization),
                (NameOID.ORGANIZATIONAL_UNIT_NAME, "Cryptography"),
                (NameOID.COMMON_NAME, "signer"),
            ),
            issuer=self._ca_name(self._regional_ca),
            key=self._leaf_key,
            issuer_key=self._regional_key,
            valid=(begin, begin + timedelta(days=3) + _HOUR),
            extensions=_leaf_extensions(
                self._leaf_key, self._regional_key, code_signing=shape.code_signing
            ),
        )
        return Signing(
            self._leaf_key, (leaf, self._regional(at), self._middle(at), self.root, self.root)
        )

    def issued_by_leaf(
        self, leaf: Signing, key: ec.EllipticCurvePrivateKey, at: datetime
    ) -> Signing:
        """A certificate for `key` that a mere leaf issued: what no verifier may accept."""
        certificate = _issue(
            subject=leaf.leaf.subject,
            issuer=leaf.leaf.subject,
            key=key,
            issuer_key=leaf.key,
            valid=(at - _HOUR, at + timedelta(days=3)),
            extensions=_leaf_extensions(key, leaf.key, code_signing=True),
        )
        return Signing(key, (certificate, *leaf.chain))

    @property
    def _regional_ca(self) -> str:
        return f"Signer {self._region} SUBORDINATE CA"

    def _regional(self, at: datetime) -> x509.Certificate:
        half = 1 if at.month <= _FIRST_HALF_MONTHS else 1 + _FIRST_HALF_MONTHS
        begin = datetime(at.year, half, 1, tzinfo=UTC)
        return _issue(
            subject=self._ca_name(self._regional_ca),
            issuer=self._ca_name(_MIDDLE_CA),
            key=self._regional_key,
            issuer_key=self.top.middle_key,
            valid=(begin - _HOUR, begin + timedelta(days=365)),
            extensions=_ca_extensions(self._regional_key, self.top.middle_key, 0),
        )

    def _middle(self, at: datetime) -> x509.Certificate:
        begin = datetime(at.year, 1, 1, tzinfo=UTC)
        return _issue(
            subject=self._ca_name(_MIDDLE_CA),
            issuer=self._ca_name(ROOT_CA),
            key=self.top.middle_key,
            issuer_key=self.top.root_key,
            valid=(begin - _HOUR, begin + timedelta(days=5 * 365)),
            extensions=_ca_extensions(self.top.middle_key, self.top.root_key, 1),
        )

    def _ca_name(self, common_name: str) -> x509.Name:
        return _name(
            (NameOID.COUNTRY_NAME, "US"),
            (NameOID.ORGANIZATION_NAME, self.organization),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, "Cryptography"),
            (NameOID.STATE_OR_PROVINCE_NAME, "WA"),
            (NameOID.COMMON_NAME, common_name),
        )


@cache
def shared_authority(region: str) -> Authority:
    """The process's authority of a region: all sandboxes and regions of a process trust one root.

    Source: AWS's signatures of us-east-1 end at "Signer us-west-2 ROOT CA", too (see above).
    """
    return Authority(region, above=_worldwide())


@cache
def _worldwide() -> Authority:
    return Authority("us-west-2")


def new_key() -> ec.EllipticCurvePrivateKey:
    """A new P-384 key."""
    return ec.generate_private_key(ec.SECP384R1())


_Extensions = tuple[tuple[x509.ExtensionType, bool], ...]


def _name(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _issue(
    *,
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    valid: tuple[datetime, datetime],
    extensions: _Extensions,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        # 127 random bits; AWS has 128.
        .serial_number(x509.random_serial_number() >> 32)
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA384())


def _ca_extensions(
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    path_length: int | None,
) -> _Extensions:
    """As AWS's CAs have them; a self-signed one has no authority key identifier."""
    constraints = (x509.BasicConstraints(ca=True, path_length=path_length), True)
    authority = (
        ()
        if key is issuer_key
        else ((x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False),)
    )
    return (
        constraints,
        *authority,
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (_usage(ca=True), True),
    )


def _leaf_extensions(
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    code_signing: bool,
) -> _Extensions:
    purpose = ExtendedKeyUsageOID.CODE_SIGNING if code_signing else ExtendedKeyUsageOID.CLIENT_AUTH
    return (
        (x509.BasicConstraints(ca=False, path_length=None), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (_usage(ca=False), True),
        (x509.ExtendedKeyUsage([purpose]), True),
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
