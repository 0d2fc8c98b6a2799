"""Verifies the signature that AWS Signer put into a zip: offline, every byte hostile.

The checks carry their numbers in the code and in the ids of their errors (E-SIGNATURE-nn). They run
in this order, but 33 to 35 come before 29: no extension is parsed, and no signature believed, of a
certificate that no pinned root vouches for.

21. `armour`: at most 64 KiB; one PEM block of PKCS7 in Signer's spelling, nothing around it.
22. `tlv`, `envelope`: BER that holds, level by level, exactly the elements of a CMS SignedData, no
    CRLs, no byte left over.
23. `envelope`: version 1; a detached signature over plain data.
24. `envelope`: one signer, version 1, named by issuer and serial number.
25. `envelope`: no unsigned attributes.
26. `envelope`: digest SHA-384, signature ECDSA with SHA-384, wherever they are named.
27. `chain`, `certificate`: 1 to 10 certificates, each X.509 v3 and readable,
    extensions included.
28. `chain`: exactly one of them is the signer's.
29. `chain`: it has a P-384 key, is for signing code, and is no authority.
30. `chain`: its key verifies the signature over the DER of the signed attributes.
31. `attributes`: in those verified bytes, each once and well-formed: contentType, messageDigest,
    signingTime, CMSAlgorithmProtection, and Signer's job ARN, expiry and profile version ARN.
32. `attributes`: CMSAlgorithmProtection names the algorithms that were used.
33. `chain`: signer -> ... -> pinned root, names and signatures, at most 6 certificates; the root is
    ours, never the one that came along.
34. `chain`: each issuer is an authority: basicConstraints, path length, keyCertSign.
35. `chain`: no critical extension that is not known.
36. `chain`: each certificate was valid at the signing time (not now: signer's certificates live for
    about three days).
37. The signing time is not in the future, five minutes of skew aside.
38. The expiry is later than now, and than the signing time.
39. The signing job is the expected one.
40. The signing profile's version is the expected one.
41. The signed digest is the digest of the zip's content (a warning while the formula is
    unconfirmed, see `content.DIGEST_FORMULA`).

Not checked here: revocation (only AWS knows it, DescribeSigningJob and GetSigningProfile), and that
the zip holds the build's entries (`signed_lambda.package.compare`).

May import the modules of this package. Must never read a clock, and never give a proof before all
checks have passed.
Source: RFC 5652, RFC 5280; https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
for what Lambda itself checks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import SignatureError
from signed_lambda.signature import advice
from signed_lambda.signature.armour import unarmour
from signed_lambda.signature.attributes import Claims, read_claims
from signed_lambda.signature.chain import (
    build_chain,
    check_authorities,
    check_validity,
    read_certificates,
    signer_of,
    verify_attributes,
)
from signed_lambda.signature.content import CONTENT_DIGEST_BYTES, DigestFormula
from signed_lambda.signature.envelope import read_signed_data
from signed_lambda.signature.evidence import SEAL, Envelope, Expected, Signature

if TYPE_CHECKING:
    from signed_lambda.signature.roots import TrustRoots

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far Signer's clock may be ahead of ours."""


def verify_envelope(sf: bytes, *, roots: TrustRoots, now: datetime) -> Envelope:
    """What the signature says, after the checks 21 to 38: it is authentic and has not expired.

    For finding out which job signed an object. Only `verify` gives the proof that a deploy needs.

    Args:
        sf: Bytes of the zip's entry `META_INF/aws_signer_signature_v1.0.SF`.
        roots: `TrustRoots.AWS`, or those of an emulator.
        now: UTC, or any time with its offset.

    Raises:
        SignatureError: A check failed (exit 22); the id is the check's number.
        ValueError: `now` has no offset: a mistake of ours.
    """
    if now.tzinfo is None:
        raise ValueError("now has no time zone")
    signed = read_signed_data(unarmour(sf))  # 21-26
    bag = read_certificates(signed.certificates)  # 27
    signer = signer_of(signed, bag)  # 28
    chain = build_chain(signer, bag, roots)  # 33
    check_authorities(chain)  # 34-35
    verify_attributes(signed, signer)  # 29-30
    claims = read_claims(signed.signed_attributes)  # 31-32
    check_validity(chain, claims.signed_at)  # 36
    _check_times(claims, now)  # 37-38
    return Envelope(
        job_arn=claims.job_arn,
        profile_version_arn=claims.profile_version_arn,
        signed_at=claims.signed_at,
        expires_at=claims.expires_at,
        content_digest=claims.content_digest,
        signer_subject=signer.parsed.subject.rfc4514_string(),
        signer_serial=f"{signer.serial:x}",
        root_sha256=chain[-1].fingerprint,
        other_attributes=tuple(kind.hex() for kind in claims.other),
        seal=SEAL,
    )


def verify(
    sf: bytes,
    *,
    expected: Expected,
    digest: bytes,
    digest_formula: DigestFormula,
    roots: TrustRoots,
    now: datetime,
) -> Signature:
    """Proves that the expected job of AWS Signer signed this zip: all checks, 21 to 41.

    Args:
        sf: Bytes of the zip's entry `META_INF/aws_signer_signature_v1.0.SF`.
        expected: The job that we started, or that Lambda recorded on the version.
        digest: `ContentDigest.digest()` over the entries of the same zip, 48 bytes.
        digest_formula: What another digest means; the product gives `DIGEST_FORMULA`.
        roots: `TrustRoots.AWS`, or those of an emulator.
        now: UTC, or any time with its offset.

    Raises:
        SignatureError: A check failed (exit 22); the id is the check's number.
        ValueError: `now` has no offset, or `digest` not 48 bytes: a mistake of ours.
    """
    if len(digest) != CONTENT_DIGEST_BYTES:
        raise ValueError(f"a content digest has {CONTENT_DIGEST_BYTES} bytes, not {len(digest)}")
    envelope = verify_envelope(sf, roots=roots, now=now)
    # 39
    if envelope.job_arn != expected.job_arn:
        raise SignatureError.of(
            "E-SIGNATURE-39",
            f"signed by the job {envelope.job_arn}, expected {expected.job_arn}",
            advice.NOT_OURS,
        )
    # 40
    if envelope.profile_version_arn != expected.profile_version_arn:
        raise SignatureError.of(
            "E-SIGNATURE-40",
            f"signed with {envelope.profile_version_arn}, expected {expected.profile_version_arn}",
            advice.NOT_OURS,
        )
    # 41
    matches = envelope.content_digest == digest
    if not matches and digest_formula is not DigestFormula.UNCONFIRMED:
        raise SignatureError.of(
            "E-SIGNATURE-41",
            f"the signed digest is {envelope.content_digest.hex()}, the zip's content has"
            f" {digest.hex()}",
            advice.NOT_OURS,
        )
    return Signature(
        job_arn=envelope.job_arn,
        profile_version_arn=envelope.profile_version_arn,
        signed_at=envelope.signed_at,
        expires_at=envelope.expires_at,
        content_digest=envelope.content_digest,
        signer_subject=envelope.signer_subject,
        signer_serial=envelope.signer_serial,
        root_sha256=envelope.root_sha256,
        other_attributes=envelope.other_attributes,
        content_digest_matches=matches,
        seal=SEAL,
    )


def _check_times(claims: Claims, now: datetime) -> None:
    # 37
    if claims.signed_at > now + CLOCK_SKEW:
        raise SignatureError.of(
            "E-SIGNATURE-37",
            f"signed at {claims.signed_at.isoformat()}, now is {now.isoformat()}",
            advice.CHECK_CLOCK,
        )
    # 38
    if claims.expires_at <= max(now, claims.signed_at):
        raise SignatureError.of(
            "E-SIGNATURE-38",
            f"signed at {claims.signed_at.isoformat()}, expired at"
            f" {claims.expires_at.isoformat()}, now is {now.isoformat()}",
            advice.SIGN_AGAIN,
        )
