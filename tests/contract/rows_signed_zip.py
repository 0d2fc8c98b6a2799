"""Rows on what AWS Signer makes of a zip: the signature file, its CMS, attributes and digest."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from asn1crypto import cms, core, pem
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA384

from tests.contract.material import some_code, zip_of
from tests.contract.row import Area, Source, further, row

if TYPE_CHECKING:
    from tests.contract.clients import Clients
    from tests.contract.material import Signed

SIGNER = Area.SIGNER
ARTEFACT, SD = Source.ARTEFACT, Source.STACKD

SIGNATURE_FILE = "META_INF/aws_signer_signature_v1.0.SF"
JOB_ARN, EXPIRY, PROFILE_VERSION_ARN = (f"1.3.187.137.1.{n}" for n in (2, 3, 4))


@row(SIGNER, ARTEFACT, SD)
def signed_zip(aws: Clients) -> None:
    """The signed object is the zip with META_INF/ and one PKCS7 signature file appended."""
    code = some_code()

    signed = aws.sign(aws.profile(kept="main"), code)

    before, after = _entries(code), _entries(signed.body)
    assert list(after) == [*before, "META_INF/", SIGNATURE_FILE]
    assert {name: after[name] for name in before} == before
    assert after[SIGNATURE_FILE].startswith(b"-----BEGIN PKCS7-----")


@further(SIGNER, SD)
def signed_zip_keeps_order(aws: Clients) -> None:
    """Signing keeps the order of the entries, sorted or not, and a META_INF/ that is there."""
    code = zip_of({"z.py": b"1", "META_INF/": b"", "a.py": b"2", "dir/": b""})

    signed = aws.sign(aws.profile(kept="main"), code)

    assert list(_entries(signed.body)) == ["z.py", "META_INF/", "a.py", "dir/", SIGNATURE_FILE]


@further(SIGNER, ARTEFACT)
def signature_envelope(aws: Clients) -> None:
    """The signature is a detached CMS SignedData of one signer, ECDSA P-384 with SHA-384."""
    signed_data = _signed_data(aws.sign(aws.profile(kept="main")))

    (signer,) = signed_data["signer_infos"]
    assert signed_data["version"].native == "v1"
    assert signed_data["encap_content_info"].native == {"content_type": "data", "content": None}
    assert signer["digest_algorithm"]["algorithm"].native == "sha384"
    assert signer["signature_algorithm"]["algorithm"].native == "sha384_ecdsa"
    key = _leaf(signed_data).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp384r1"


@further(SIGNER, ARTEFACT)
def signature_attributes(aws: Clients) -> None:
    """The signature carries its job's ARN, the profile version's ARN, signing time and expiry."""
    profile = aws.profile(kept="main")
    signed = aws.sign(profile)
    job = aws.signer.describe_signing_job(jobId=signed.job_id)

    attributes = _attributes(signed)

    assert core.UTF8String.load(attributes[JOB_ARN]).native == signed.job_arn
    assert core.UTF8String.load(attributes[PROFILE_VERSION_ARN]).native == profile.version_arn
    expiry = core.GeneralizedTime.load(attributes[EXPIRY]).native
    signing_time = cms.CMSAttributes.load(_signer(signed)["signed_attrs"].untag().dump())
    assert abs((expiry - job["signatureExpiresAt"]).total_seconds()) < 86_400
    assert "signing_time" in {a["type"].native for a in signing_time}


@further(SIGNER, ARTEFACT)
def signature_verifies(aws: Clients) -> None:
    """The leaf certificate's key verifies the signature over the signed attributes."""
    signed = aws.sign(aws.profile(kept="main"))
    signer = _signer(signed)
    key = _leaf(_signed_data(signed)).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)

    key.verify(
        signer["signature"].native, signer["signed_attrs"].untag().dump(), ec.ECDSA(SHA384())
    )


@further(SIGNER, ARTEFACT)
def signature_chain(aws: Clients) -> None:
    """The signature carries the chain from a leaf of a few days up to a self-signed root."""
    certificates = _certificates(_signed_data(aws.sign(aws.profile(kept="main"))))

    now = datetime.now(UTC)
    leaf = certificates[0]
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days <= 7
    assert leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc
    one = leaf
    while one.issuer != one.subject:
        (issuer,) = {c for c in certificates if c.subject == one.issuer and c != one}
        one.verify_directly_issued_by(issuer)
        one = issuer
    assert one.not_valid_after_utc > now


@further(SIGNER, SD)
def signature_digest(aws: Clients) -> None:
    """MessageDigest is SHA-384 twice over names and bodies in archive order, without the .SF."""
    signed = aws.sign(aws.profile(kept="main"), zip_of({"z.py": b"1", "a.py": b"2"}))

    digest = hashlib.sha384()
    for name, body in _entries(signed.body).items():
        if name != SIGNATURE_FILE:
            digest.update(name.encode() + body)
    attributes = {a["type"].native: a["values"][0].native for a in _signer(signed)["signed_attrs"]}
    assert attributes["message_digest"] == hashlib.sha384(digest.digest()).digest()


def _entries(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _signed_data(signed: Signed) -> Any:  # noqa: ANN401 - asn1crypto has no types
    """The signature file's SignedData; BER with indefinite lengths, which cryptography refuses."""
    kind, _, der = pem.unarmor(_entries(signed.body)[SIGNATURE_FILE])
    assert kind == "PKCS7"
    return cms.ContentInfo.load(der)["content"]


def _signer(signed: Signed) -> Any:  # noqa: ANN401 - asn1crypto has no types
    (signer,) = _signed_data(signed)["signer_infos"]
    return signer


def _attributes(signed: Signed) -> dict[str, bytes]:
    """The first value of each signed attribute, as DER, by the dotted number of its type."""
    found = {}
    for attribute in _signer(signed)["signed_attrs"]:
        found[attribute["type"].dotted] = attribute["values"].contents
    return found


def _certificates(signed_data: Any) -> list[x509.Certificate]:  # noqa: ANN401 - asn1crypto
    found = signed_data["certificates"]
    return [x509.load_der_x509_certificate(c.chosen.dump()) for c in found]


def _leaf(signed_data: Any) -> x509.Certificate:  # noqa: ANN401 - asn1crypto has no types
    """The certificate that the signer's info names by its serial number."""
    (signer,) = signed_data["signer_infos"]
    serial = signer["sid"].chosen["serial_number"].native
    (leaf,) = {c for c in _certificates(signed_data) if c.serial_number == serial}
    return leaf
