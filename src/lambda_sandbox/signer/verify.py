"""The reading half: what Lambda checks of a signed zip before it asks who signed.

Written apart from the signing half and from the product's verifier on purpose, so that a mistake in
one is not repeated in the other: imports the standard library, asn1crypto and cryptography, nothing
of this package.
"""

from __future__ import annotations

import hashlib
import io
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

from asn1crypto import cms, core, pem
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIGNATURE_FILE: Final = "META_INF/aws_signer_signature_v1.0.SF"
_SIGNATURE_MAX_BYTES: Final = 1 << 20
_CHAIN_MAX: Final = 8
_OIDS: Final = {
    "content_type": "1.2.840.113549.1.9.3",
    "digest": "1.2.840.113549.1.9.4",
    "signed_at": "1.2.840.113549.1.9.5",
    "protection": "1.2.840.113549.1.9.52",
    "job": "1.3.187.137.1.2",
    "expires_at": "1.3.187.137.1.3",
    "profile_version": "1.3.187.137.1.4",
}


# What asn1crypto and cryptography raise on bytes that are not what they should be.
_MALFORMED: Final = (
    ValueError,
    TypeError,
    KeyError,
    CryptographyDeprecationWarning,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
)


class Unsigned(Exception):
    """There is no signature file in the zip, or it is not a zip."""


class NotProperlySigned(Exception):
    """The signature does not stand for this content, or nobody whom we trust made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What an intact signature says; expiry, publisher and revocation are not judged here."""

    job_arn: str
    profile_version_arn: str
    signed_at: datetime
    expires_at: datetime


def read_signature(zip_bytes: bytes, root_pem: bytes, now: datetime) -> Signature:
    """The signature of a zip, if it is intact and chains to the root.

    Args:
        zip_bytes: As it would be deployed.
        root_pem: The only root that is trusted.
        now: UTC.

    Raises:
        Unsigned: No signature file.
        NotProperlySigned: Another digest, a broken or untrusted signature.
    """
    signature_file, digest = _open_zip(zip_bytes)
    return judge(signature_file, digest, x509.load_pem_x509_certificate(root_pem), now)


def judge(signature_file: bytes, digest: bytes, root: x509.Certificate, now: datetime) -> Signature:
    """The signature in a signature file, if it is intact and chains to the root.

    Args:
        signature_file: PEM.
        digest: Of the zip's content, 48 bytes.
        root: The only root that is trusted.
        now: UTC.

    Raises:
        NotProperlySigned: It is not.
    """
    try:
        return _judge(signature_file, digest, root, now)
    except _MALFORMED as error:
        raise NotProperlySigned(f"the signature file is not readable: {error}") from error


def _judge(
    signature_file: bytes, digest: bytes, root: x509.Certificate, now: datetime
) -> Signature:
    signed_data = _parse(signature_file)
    signer = signed_data["signer_infos"][0]
    attributes = _attributes(signer)
    if attributes["content_type"] != "data":
        _refuse("the signed content type is not data")
    if attributes["digest"] != digest:
        _refuse("the content is not what was signed")
    signed_at = _time(attributes["signed_at"])
    if signed_at > now:
        _refuse("the signing time lies in the future")
    certificates = _certificates(signed_data)
    leaf = _leaf(signer, certificates)
    _check_signature(signer, leaf)
    _check_chain(leaf, certificates, root, signed_at)
    return Signature(
        job_arn=str(attributes["job"]),
        profile_version_arn=str(attributes["profile_version"]),
        signed_at=signed_at,
        expires_at=_time(attributes["expires_at"]),
    )


def _refuse(why: str) -> NoReturn:
    raise NotProperlySigned(why)


def _open_zip(zip_bytes: bytes) -> tuple[bytes, bytes]:
    """The signature file, and the digest of everything else in the zip's order."""
    inner = hashlib.sha384()
    signature = b""
    seen: set[str] = set()
    try:
        with zipfile.ZipFile(io.BytesIO(zip_bytes)) as archive:
            infos = archive.infolist()
            if _SIGNATURE_FILE not in archive.namelist():
                raise Unsigned("no signature file")
            for info in infos:
                if info.filename in seen:
                    _refuse(f"{info.filename} is there twice")
                seen.add(info.filename)
                if info.filename == _SIGNATURE_FILE:
                    if info.file_size > _SIGNATURE_MAX_BYTES:
                        _refuse("the signature file is too large")
                    signature = archive.read(info)
                    continue
                inner.update(info.filename.encode() + archive.read(info))
    except zipfile.BadZipFile as error:
        raise Unsigned(str(error)) from error
    except (zlib.error, EOFError, RuntimeError) as error:
        raise NotProperlySigned(str(error)) from error
    return signature, hashlib.sha384(inner.digest()).digest()


def _parse(signature_file: bytes) -> cms.SignedData:
    """The SignedData of a PEM PKCS7, detached, with one signer."""
    kind, headers, encoded = pem.unarmor(signature_file)
    content = cms.ContentInfo.load(encoded, strict=True)
    if kind != "PKCS7" or headers or content["content_type"].native != "signed_data":
        _refuse("the signature file is not a PKCS7 SignedData")
    signed_data: cms.SignedData = content["content"]
    if signed_data["encap_content_info"]["content_type"].native != "data":
        _refuse("the content is not data")
    if not isinstance(signed_data["encap_content_info"]["content"], core.Void):
        _refuse("the signature is not detached")
    if len(signed_data["signer_infos"]) != 1:
        _refuse("there is not exactly one signer")
    digests = [algorithm["algorithm"].native for algorithm in signed_data["digest_algorithms"]]
    versions = (signed_data["version"].native, signed_data["signer_infos"][0]["version"].native)
    if digests != ["sha384"] or versions != ("v1", "v1"):
        _refuse(f"versions and digests are {versions} and {digests}")
    return signed_data


def _certificates(signed_data: cms.SignedData) -> list[x509.Certificate]:
    """All that the envelope carries; one that is merely deprecated is no good either."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", CryptographyDeprecationWarning)
        return [
            x509.load_der_x509_certificate(c.chosen.dump()) for c in signed_data["certificates"]
        ]


def _attributes(signer: cms.SignerInfo) -> dict[str, Any]:
    """The signed attributes that matter, each there once with one value."""
    if isinstance(signer["signed_attrs"], core.Void):
        _refuse("there are no signed attributes")
    found: dict[str, Any] = {}
    for attribute in signer["signed_attrs"]:
        oid = attribute["type"].dotted
        if oid in found or len(attribute["values"]) != 1:
            _refuse(f"attribute {oid} is not there exactly once")
        found[oid] = attribute["values"][0].native
    missing = [name for name, oid in _OIDS.items() if oid not in found]
    if missing:
        _refuse(f"attributes are missing: {', '.join(missing)}")
    return {name: found[oid] for name, oid in _OIDS.items()}


def _time(value: object) -> datetime:
    if not isinstance(value, datetime):
        _refuse(f"not a time: {value!r}")
    return value.astimezone(UTC)


def _leaf(signer: cms.SignerInfo, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    """The certificate that the signer names by issuer and serial number."""
    identifier = signer["sid"]
    if identifier.name != "issuer_and_serial_number":
        _refuse("the signer is not named by issuer and serial number")
    issuer = identifier.chosen["issuer"].dump()
    serial = identifier.chosen["serial_number"].native
    named = [
        c for c in certificates if c.serial_number == serial and c.issuer.public_bytes() == issuer
    ]
    if len(named) != 1:
        _refuse("the signer's certificate is not there exactly once")
    return named[0]


def _check_signature(signer: cms.SignerInfo, leaf: x509.Certificate) -> None:
    """ECDSA on P-384 with SHA-384 over the DER of the attributes (RFC 5652, 5.4)."""
    key = leaf.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP384R1):
        _refuse("the signer's key is not on P-384")
    if (
        signer["digest_algorithm"]["algorithm"].native != "sha384"
        or signer["signature_algorithm"]["algorithm"].native != "sha384_ecdsa"
    ):
        _refuse("the algorithms are not SHA-384 and ECDSA")
    # The attributes stand under [0] IMPLICIT and are signed as a SET OF.
    attributes = b"\x31" + signer["signed_attrs"].dump()[1:]
    try:
        key.verify(signer["signature"].native, attributes, ec.ECDSA(hashes.SHA384()))
    except InvalidSignature as error:
        raise NotProperlySigned("the signature is not of these attributes") from error


def _check_chain(
    leaf: x509.Certificate,
    certificates: Sequence[x509.Certificate],
    root: x509.Certificate,
    at: datetime,
) -> None:
    """Leaf for code signing, and CAs up to the root, all valid at the time of signing."""
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    if ExtendedKeyUsageOID.CODE_SIGNING not in usage or _is_ca(leaf):
        _refuse("the signer's certificate is not for code signing")
    current = leaf
    for below in range(_CHAIN_MAX):
        if not current.not_valid_before_utc <= at <= current.not_valid_after_utc:
            _refuse(f"{current.subject.rfc4514_string()} was not valid at the time of signing")
        if current == root:
            return
        issuers = [c for c in (*certificates, root) if _issued(current, c, below)]
        if not issuers:
            _refuse(f"nobody trusted issued {current.subject.rfc4514_string()}")
        current = issuers[0]
    _refuse("the chain does not end")


def _issued(child: x509.Certificate, parent: x509.Certificate, below: int) -> bool:
    """`parent` is another certificate, may have `below` CAs under it, and signed `child`."""
    if child == parent or not _is_ca(parent):
        return False
    constraints = parent.extensions.get_extension_for_class(x509.BasicConstraints).value
    usage = parent.extensions.get_extension_for_class(x509.KeyUsage).value
    room = constraints.path_length is None or below <= constraints.path_length
    if not (room and usage.key_cert_sign):
        return False
    return _signed_by(child, parent)


@lru_cache(maxsize=256)
def _signed_by(child: x509.Certificate, parent: x509.Certificate) -> bool:
    """The signature alone: two certificates never change, and the same few come again and again."""
    try:
        child.verify_directly_issued_by(parent)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
