"""A signature that AWS Signer made in 2022 verifies against the pinned root."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from signed_lambda.errors import SignatureError
from signed_lambda.signature import (
    DIGEST_FORMULA,
    DigestFormula,
    Expected,
    TrustRoots,
    verify,
    verify_envelope,
)
from tests.unit.signature.variants import ROOTS

SF = (Path(__file__).parents[2] / "data/signer/aws_signer_signature_v1.0.SF").read_bytes()
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
JOB = "arn:aws:signer:us-east-1:464622532012:/signing-jobs/57613597-fcbd-4527-b0b5-11a4ce658e82"
PROFILE = (
    "arn:aws:signer:us-east-1:464622532012:/signing-profiles/DatadogLambdaSigningProfile/9vMI9ZAGLc"
)
EXPIRES_AT = dt.datetime(2033, 5, 11, 17, 45, 24, 338_000, tzinfo=dt.UTC)


def test_real_signature_says_what_signer_signed() -> None:
    envelope = verify_envelope(SF, roots=TrustRoots.AWS, now=NOW)

    assert envelope.job_arn == JOB
    assert envelope.profile_version_arn == PROFILE
    assert envelope.signed_at == dt.datetime(2022, 2, 11, 17, 45, 24, 338_000, tzinfo=dt.UTC)
    assert envelope.expires_at == EXPIRES_AT
    assert envelope.content_digest.hex() == (
        "efc098e18c0092e158252a8c55c37547546d0d2c00df2ea11f79033e7526f1e9"
        "8d8635fac48646fecfa6598c5f99a83f"
    )
    assert envelope.signer_subject == "CN=signer,OU=Cryptography,O=AWS,L=Seattle,ST=WA,C=US"
    assert envelope.signer_serial == "5df393eb2b59da1f9c75189f20b2e12e"
    assert envelope.root_sha256.hex == (
        "410220a72bba4576767ba5941b694a9bddc40817f76957f6919fdac89a7849c7"
    )
    assert envelope.other_attributes == ()


def test_real_signature_is_proven_for_its_own_job() -> None:
    digest = verify_envelope(SF, roots=TrustRoots.AWS, now=NOW).content_digest

    signature = verify(
        SF,
        expected=Expected(job_arn=JOB, profile_version_arn=PROFILE),
        digest=digest,
        digest_formula=DigestFormula.CONFIRMED,
        roots=TrustRoots.AWS,
        now=NOW,
    )

    assert signature.content_digest_matches


@pytest.mark.parametrize(
    ("job", "profile", "number"),
    [(JOB[:-1] + "3", PROFILE, "39"), (JOB, PROFILE[:-1] + "d", "40")],
)
def test_real_signature_replayed_for_another_job_is_refused(
    job: str, profile: str, number: str
) -> None:
    with pytest.raises(SignatureError, match=f"E-SIGNATURE-{number}"):
        verify(
            SF,
            expected=Expected(job_arn=job, profile_version_arn=profile),
            digest=bytes(48),
            digest_formula=DIGEST_FORMULA,
            roots=TrustRoots.AWS,
            now=NOW,
        )


def test_real_signature_expires_on_its_day() -> None:
    last = dt.timedelta(milliseconds=1)

    assert verify_envelope(SF, roots=TrustRoots.AWS, now=EXPIRES_AT - last)
    with pytest.raises(SignatureError, match="E-SIGNATURE-38"):
        verify_envelope(SF, roots=TrustRoots.AWS, now=EXPIRES_AT)


def test_real_signature_is_refused_without_the_pinned_root_although_it_carries_one() -> None:
    with pytest.raises(SignatureError, match="E-SIGNATURE-33"):
        verify_envelope(SF, roots=ROOTS, now=NOW)
