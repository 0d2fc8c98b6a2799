"""The reading half, on a signature that AWS made: it was written without one line of the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from asn1crypto import algos, cms, core, pem
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lambda_sandbox.signer import forge
from lambda_sandbox.signer.authority import (
    Authority,
    LeafShape,
    Signing,
    _ca_extensions,
    _issue,
    _leaf_extensions,
    new_key,
    shared_authority,
)
from lambda_sandbox.signer.envelope import Claims, assemble, seal, sign, signed_attributes
from lambda_sandbox.signer.verify import NotProperlySigned, Signature, judge, read_signature
from tests.unit.sandbox.signing import bench, some_zip

if TYPE_CHECKING:
    from collections.abc import Callable

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
    assert judge(REAL, DIGEST, _root(), SIGNED_AT) == Signature(
        job_arn="arn:aws:signer:us-east-1:464622532012:/signing-jobs/"
        "57613597-fcbd-4527-b0b5-11a4ce658e82",
        profile_version_arn="arn:aws:signer:us-east-1:464622532012:/signing-profiles/"
        "DatadogLambdaSigningProfile/9vMI9ZAGLc",
        signed_at=SIGNED_AT,
        expires_at=datetime(2033, 5, 11, 17, 45, 24, 338000, UTC),
    )


def test_aws_is_not_trusted_by_the_sandbox() -> None:
    with pytest.raises(NotProperlySigned, match="nobody trusted issued"):
        judge(REAL, DIGEST, shared_authority("us-east-1").root, SIGNED_AT)


def test_aws_signature_over_other_content_is_refused() -> None:
    with pytest.raises(NotProperlySigned, match="not what was signed"):
        judge(REAL, bytes(48), _root(), SIGNED_AT)


def test_aws_signature_is_refused_before_it_was_made() -> None:
    with pytest.raises(NotProperlySigned, match="in the future"):
        judge(REAL, DIGEST, _root(), SIGNED_AT - timedelta(milliseconds=1))


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
        judge(edited, DIGEST, _root(), SIGNED_AT)


# -- forms that a signer of ours never makes: each has a good signature over its attributes

OURS = shared_authority("eu-west-1").signing_at(SIGNED_AT)
CLAIMS = Claims(
    digest=DIGEST,
    job_arn="arn:job",
    profile_version_arn="arn:profile/version",
    signed_at=SIGNED_AT,
    expires_at=SIGNED_AT + timedelta(days=1),
)


def judged(signature_file: bytes) -> Signature:
    """Under our own root."""
    return judge(signature_file, DIGEST, shared_authority("eu-west-1").root, SIGNED_AT)


def why(signature_file: bytes) -> str:
    """The refusal's reason."""
    with pytest.raises(NotProperlySigned) as caught:
        judged(signature_file)
    return str(caught.value)


def reshaped(change: Callable[[Any], None], label: str = "PKCS7", **headers: str) -> bytes:
    """Our signature file, its SignedData changed by hand."""
    content = cms.ContentInfo.load(pem.unarmor(seal(CLAIMS, OURS))[2])
    change(content["content"])
    armoured: bytes = pem.armor(label, content.dump(force=True), headers or None)
    return armoured


def resigned(change: Callable[[list[Any]], list[Any]]) -> bytes:
    """Our signature file over other signed attributes."""
    members = [attribute.copy() for attribute in cms.CMSAttributes.load(signed_attributes(CLAIMS))]
    attributes = cms.CMSAttributes(change(members)).dump()
    return assemble(attributes, sign(attributes, OURS), OURS)


def _attribute(kind: str, *values: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": list(values)})


def test_our_own_form_and_its_der_are_intact() -> None:
    assert judged(seal(CLAIMS, OURS)).job_arn == "arn:job"
    assert judged(reshaped(lambda _: None)) == judged(seal(CLAIMS, OURS))
    assert judged(resigned(lambda members: members)).job_arn == "arn:job"


def test_the_armour_is_that_of_a_pkcs7() -> None:
    wanted = "the signature file is not a PKCS7 SignedData"

    assert why(reshaped(lambda _: None, "CMS")) == wanted
    assert why(reshaped(lambda _: None, "PKCS7", Proc="4")) == wanted


def test_the_armour_holds_signed_data() -> None:
    content = cms.ContentInfo({"content_type": "data", "content": b"x"})

    answer = why(pem.armor("PKCS7", content.dump()))

    assert answer == "the signature file is not a PKCS7 SignedData"


def test_a_signature_file_of_over_a_megabyte_is_not_read() -> None:
    at = bench()
    huge = forge.with_signature_file(at.signed(some_zip()), bytes((1 << 20) + 1))

    with pytest.raises(NotProperlySigned, match="too large"):
        read_signature(huge, at.signer.root_pem, at.clock.now())


def test_the_content_is_detached_data() -> None:
    def other(data: Any) -> None:  # noqa: ANN401 - asn1crypto has no types
        data["encap_content_info"]["content_type"] = "signed_data"

    def attached(data: Any) -> None:  # noqa: ANN401 - asn1crypto has no types
        data["encap_content_info"]["content"] = core.OctetString(b"content")

    assert why(reshaped(other)) == "the content is not data"
    assert why(reshaped(attached)) == "the signature is not detached"


def test_there_is_one_signer() -> None:
    def two(data: Any) -> None:  # noqa: ANN401 - asn1crypto has no types
        data["signer_infos"].append(data["signer_infos"][0].copy())

    def none(data: Any) -> None:  # noqa: ANN401 - asn1crypto has no types
        data["signer_infos"] = cms.SignerInfos([])

    assert why(reshaped(two)) == why(reshaped(none)) == "there is not exactly one signer"


def test_versions_and_digests_are_those_of_aws() -> None:
    def version(data: Any) -> None:  # noqa: ANN401 - asn1crypto has no types
        data["version"] = "v3"

    def signer_version(data: Any) -> None:  # noqa: ANN401 - asn1crypto has no types
        data["signer_infos"][0]["version"] = "v3"

    def digest(data: Any) -> None:  # noqa: ANN401 - asn1crypto has no types
        data["digest_algorithms"].append(algos.DigestAlgorithm({"algorithm": "sha256"}))

    for change in (version, signer_version, digest):
        assert why(reshaped(change)).startswith("versions and digests are")


@pytest.mark.parametrize("member", ["digest_algorithm", "signature_algorithm"])
def test_the_algorithms_are_sha_384_and_ecdsa(member: str) -> None:
    def other(data: Any) -> None:  # noqa: ANN401 - asn1crypto has no types
        name = "sha256" if member == "digest_algorithm" else "sha256_ecdsa"
        data["signer_infos"][0][member]["algorithm"] = name

    assert why(reshaped(other)) == "the algorithms are not SHA-384 and ECDSA"


def test_a_signature_without_signed_attributes_is_refused() -> None:
    def bare(data: Any) -> None:  # noqa: ANN401 - asn1crypto has no types
        data["signer_infos"][0]["signed_attrs"] = None

    assert why(reshaped(bare)) == "there are no signed attributes"


@pytest.mark.parametrize("missing", range(7))
def test_every_attribute_must_be_there(missing: int) -> None:
    answer = why(resigned(lambda members: members[:missing] + members[missing + 1 :]))

    assert answer.startswith("attributes are missing: ")


@pytest.mark.parametrize("which", range(7))
def test_no_attribute_may_be_there_twice(which: int) -> None:
    assert "exactly once" in why(resigned(lambda members: [*members, members[which]]))


def test_no_attribute_may_have_two_values() -> None:
    def two(members: list[Any]) -> list[Any]:
        job = _attribute("1.3.187.137.1.2", core.UTF8String("a"), core.UTF8String("b"))
        return [m for m in members if m["type"].dotted != "1.3.187.137.1.2"] + [job]

    assert "exactly once" in why(resigned(two))


def test_the_signed_content_type_is_data() -> None:
    def other(members: list[Any]) -> list[Any]:
        kind = _attribute("content_type", cms.ContentType("signed_data"))
        return [m for m in members if m["type"].native != "content_type"] + [kind]

    assert why(resigned(other)) == "the signed content type is not data"


def test_the_expiry_is_a_time() -> None:
    def text(members: list[Any]) -> list[Any]:
        expiry = _attribute("1.3.187.137.1.3", core.UTF8String("20990101000000Z"))
        return [m for m in members if m["type"].dotted != "1.3.187.137.1.3"] + [expiry]

    assert why(resigned(text)).startswith("not a time")


def test_the_signer_is_named_by_issuer_and_serial_number() -> None:
    def by_key(data: Any) -> None:  # noqa: ANN401 - asn1crypto has no types
        data["signer_infos"][0]["sid"] = cms.SignerIdentifier(
            "subject_key_identifier", core.OctetString(b"x")
        )

    assert why(reshaped(by_key)) == "the signer is not named by issuer and serial number"


def test_the_signers_certificate_is_there_once() -> None:
    twice = Signing(OURS.key, (OURS.leaf, *OURS.chain))
    attributes = signed_attributes(CLAIMS)

    answer = why(assemble(attributes, sign(attributes, OURS), twice))

    assert answer == "the signer's certificate is not there exactly once"


def _leaf_for(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> x509.Certificate:
    """A leaf like ours, for another kind of key."""
    return (
        x509.CertificateBuilder()
        .subject_name(OURS.leaf.subject)
        .issuer_name(OURS.leaf.issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(SIGNED_AT - timedelta(hours=1))
        .not_valid_after(SIGNED_AT + timedelta(days=3))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)
        .add_extension(
            OURS.leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value,
            critical=True,
        )
        .sign(shared_authority("eu-west-1")._regional_key, hashes.SHA384())
    )


def test_the_key_is_on_p_384() -> None:
    attributes = signed_attributes(CLAIMS)
    shorter = ec.generate_private_key(ec.SECP256R1())
    wrong_curve = Signing(shorter, (_leaf_for(shorter), *OURS.chain[1:]))
    wrong_kind = Signing(
        OURS.key,
        (_leaf_for(rsa.generate_private_key(65537, 2048)), *OURS.chain[1:]),
    )

    for signing in (wrong_curve, wrong_kind):
        answer = why(assemble(attributes, sign(attributes, signing), signing))

        assert answer == "the signer's key is not on P-384"


def _under(*, path_length: int | None, cert_sign: bool) -> Signing:
    """A leaf under a CA of its own, which our regional CA (path length 0) or root issued."""
    authority, key, below = Authority("eu-west-1"), new_key(), new_key()
    valid = (SIGNED_AT - timedelta(days=1), SIGNED_AT + timedelta(days=1))
    extensions = _ca_extensions(key, OURS.key, path_length)
    if not cert_sign:
        extensions = (extensions[0], _leaf_extensions(key, key, code_signing=True)[3])
    shared = shared_authority("eu-west-1")
    ca = _issue(
        subject=authority.root.subject,
        issuer=OURS.chain[1].subject if cert_sign else shared.root.subject,
        key=key,
        issuer_key=shared._regional_key if cert_sign else shared.top.root_key,
        valid=valid,
        extensions=extensions,
    )
    leaf = _issue(
        subject=OURS.leaf.subject,
        issuer=ca.subject,
        key=below,
        issuer_key=key,
        valid=valid,
        extensions=_leaf_extensions(below, key, code_signing=True),
    )
    return Signing(below, (leaf, ca, *OURS.chain[1:]))


@pytest.mark.parametrize(
    ("path_length", "cert_sign"), [(0, True), (None, True), (0, False), (None, False)]
)
def test_an_authority_keeps_to_its_path_length_and_usage(
    path_length: int | None, *, cert_sign: bool
) -> None:
    signing = _under(path_length=path_length, cert_sign=cert_sign)

    assert why(seal(CLAIMS, signing)).startswith("nobody trusted issued")


def test_a_certificate_authority_does_not_sign_code() -> None:
    authority = shared_authority("eu-west-1")
    regional = Signing(authority._regional_key, OURS.chain[1:])

    assert "No <class" in why(seal(CLAIMS, regional))


def test_a_serial_number_of_another_issuer_is_not_the_signer() -> None:
    authority = shared_authority("eu-west-1")
    double = (
        x509.CertificateBuilder()
        .subject_name(OURS.leaf.subject)
        .issuer_name(authority.root.subject)
        .public_key(OURS.key.public_key())
        .serial_number(OURS.leaf.serial_number)
        .not_valid_before(SIGNED_AT)
        .not_valid_after(SIGNED_AT + timedelta(days=3))
        .sign(authority.top.root_key, hashes.SHA384())
    )
    attributes = signed_attributes(CLAIMS)
    shown = Signing(OURS.key, (OURS.leaf, double, *OURS.chain[1:]))

    assert judged(assemble(attributes, sign(attributes, OURS), shown)).job_arn == "arn:job"


def test_an_authority_with_the_purpose_of_a_leaf_does_not_sign_code() -> None:
    authority, key = shared_authority("eu-west-1"), new_key()
    certificate = _issue(
        subject=OURS.leaf.subject,
        issuer=OURS.leaf.issuer,
        key=key,
        issuer_key=authority._regional_key,
        valid=(SIGNED_AT - timedelta(days=1), SIGNED_AT + timedelta(days=1)),
        extensions=(
            _ca_extensions(key, authority._regional_key, None)[0],
            _leaf_extensions(key, authority._regional_key, code_signing=True)[4],
        ),
    )

    answer = why(seal(CLAIMS, Signing(key, (certificate, *OURS.chain[1:]))))

    assert answer == "the signer's certificate is not for code signing"


def test_who_may_sign_certificates_but_is_no_authority_issues_nobody() -> None:
    authority, key, below = shared_authority("eu-west-1"), new_key(), new_key()
    valid = (SIGNED_AT - timedelta(days=1), SIGNED_AT + timedelta(days=1))
    between = _issue(
        subject=OURS.leaf.issuer,
        issuer=authority.root.subject,
        key=key,
        issuer_key=authority.top.root_key,
        valid=valid,
        extensions=(
            _leaf_extensions(key, authority.top.root_key, code_signing=True)[0],
            _ca_extensions(key, authority.top.root_key, None)[-1],
        ),
    )
    leaf = _issue(
        subject=OURS.leaf.subject,
        issuer=OURS.leaf.issuer,
        key=below,
        issuer_key=key,
        valid=valid,
        extensions=_leaf_extensions(below, key, code_signing=True),
    )

    answer = why(seal(CLAIMS, Signing(below, (leaf, between, authority.root))))

    assert answer.startswith("nobody trusted issued CN=signer")


def test_a_leaf_issues_nobody() -> None:
    """The classic: a code signing certificate used as an authority."""
    attributes = signed_attributes(CLAIMS)
    stranger = shared_authority("eu-west-1").issued_by_leaf(OURS, new_key(), SIGNED_AT)

    answer = why(assemble(attributes, sign(attributes, stranger), stranger))

    assert answer.startswith("nobody trusted issued")


def test_only_a_leaf_for_code_signing_will_do() -> None:
    other = shared_authority("eu-west-1").signing_with(LeafShape(code_signing=False), SIGNED_AT)

    assert why(seal(CLAIMS, other)) == "the signer's certificate is not for code signing"
