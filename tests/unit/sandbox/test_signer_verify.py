"""The reading half, on a signature that AWS made: it was written without one line of the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms, pem
from cryptography import x509

from lambda_sandbox.signer.authority import shared_authority
from lambda_sandbox.signer.verify import NotProperlySigned, Signature, _judge

REAL = (Path(__file__).parents[2] / "data" / "signer" / "aws_signer_signature_v1.0.SF").read_bytes()
DIGEST = bytes.fromhex(
    "efc098e18c0092e158252a8c55c37547546d0d2c00df2ea11f79033e7526f1e9"
    "8d8635fac48646fecfa6598c5f99a83f"
)
SIGNED_AT = datetime(2022, 2, 11, 17, 45, 24, 338000, UTC)


def _root() -> x509.Certificate:
    """The self-signed certificate in the file."""
    content = cms.ContentInfo.load(pem.unarmor(REAL)[2])["content"]
    return x509.load_der_x509_certificate(content["certificates"][-1].chosen.dump())


def test_a_signature_made_by_aws_is_intact() -> None:
    assert _judge(REAL, DIGEST, _root(), SIGNED_AT) == Signature(
        job_arn="arn:aws:signer:us-east-1:464622532012:/signing-jobs/"
        "57613597-fcbd-4527-b0b5-11a4ce658e82",
        profile_version_arn="arn:aws:signer:us-east-1:464622532012:/signing-profiles/"
        "DatadogLambdaSigningProfile/9vMI9ZAGLc",
        signed_at=SIGNED_AT,
        expires_at=datetime(2033, 5, 11, 17, 45, 24, 338000, UTC),
    )


def test_aws_is_not_trusted_by_the_sandbox() -> None:
    with pytest.raises(NotProperlySigned, match="nobody trusted issued"):
        _judge(REAL, DIGEST, shared_authority("us-east-1").root, SIGNED_AT)


def test_aws_signature_over_other_content_is_refused() -> None:
    with pytest.raises(NotProperlySigned, match="not what was signed"):
        _judge(REAL, bytes(48), _root(), SIGNED_AT)


def test_aws_signature_is_refused_before_it_was_made() -> None:
    with pytest.raises(NotProperlySigned, match="in the future"):
        _judge(REAL, DIGEST, _root(), SIGNED_AT - timedelta(milliseconds=1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b":464622532012:/signing-jobs", b":464622532013:/signing-jobs"),
        (b"9vMI9ZAGLc", b"9vMI9ZAGLd"),
        (b"20330511174524", b"20430511174524"),
    ],
)
def test_aws_signature_with_an_edited_attribute_is_refused(old: bytes, new: bytes) -> None:
    kind, _, ber = pem.unarmor(REAL)
    edited = pem.armor(kind, ber.replace(old, new))

    assert ber.count(old) == 1
    with pytest.raises(NotProperlySigned, match="not of these attributes"):
        _judge(edited, DIGEST, _root(), SIGNED_AT)
