"""The parts around the verification: content digest, pinned roots, proofs, object identifiers."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

import signed_lambda
from signed_lambda.errors import SignatureError
from signed_lambda.model import Sha256
from signed_lambda.package import SIGNATURE_FILE
from signed_lambda.signature import (
    DIGEST_FORMULA,
    SIGNATURE_NAME,
    ContentDigest,
    DigestFormula,
    Envelope,
    Signature,
    TrustRoots,
    attributes,
    envelope,
    roots,
)
from signed_lambda.signature.armour import unarmour
from signed_lambda.signature.certificate import Certificate
from tests.unit.signature import forge
from tests.unit.signature.forge import LEAF, LOWER
from tests.unit.signature.variants import GOOD, prove

if TYPE_CHECKING:
    from asn1crypto.x509 import TbsCertificate

PACKAGE = Path(signed_lambda.__file__).parent


def _digest(*entries: tuple[str, bytes]) -> bytes:
    content = ContentDigest()
    for name, body in entries:
        content.update(name)
        content.update_body(body)
    return content.digest()


# -- content digest


def test_content_digest_is_the_double_sha384_of_names_and_bodies_in_order() -> None:
    digest = _digest(("a.py", b"print()"), ("META_INF/", b""), ("lib/é.py", b"x"))

    inner = hashlib.sha384(b"a.pyprint()META_INF/lib/\xc3\xa9.pyx").digest()
    assert digest == hashlib.sha384(inner).digest()


def test_content_digest_leaves_the_signature_out_wherever_it_stands() -> None:
    plain = _digest(("a.py", b"1"), ("b.py", b"2"))

    assert _digest(("a.py", b"1"), (SIGNATURE_NAME, b"sig"), ("b.py", b"2")) == plain
    assert _digest(("a.py", b"1"), ("b.py", b"2"), (SIGNATURE_NAME, b"sig")) == plain


@pytest.mark.parametrize(
    "other",
    [
        (("b.py", b"2"), ("a.py", b"1")),
        (("a.py", b"1"),),
        (("a.py", b"1"), ("b.py", b"3")),
        (("a.py", b"1"), ("c.py", b"2")),
        (("a.py", b"1"), ("b.py", b"2"), ("META_INF/", b"")),
        (("a.py", b"1"), ("b.py", b"2"), ("META-INF/aws_signer_signature_v1.0.SF", b"")),
    ],
)
def test_content_digest_sees_order_names_bodies_and_added_entries(
    other: tuple[tuple[str, bytes], ...],
) -> None:
    assert _digest(*other) != _digest(("a.py", b"1"), ("b.py", b"2"))


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
@settings(derandomize=True, deadline=None, database=None)
def test_content_digest_does_not_depend_on_the_chunks(body: bytes, cuts: list[int]) -> None:
    content = ContentDigest()
    content.update("a.py")
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]

    for start, end in itertools.pairwise(edges):
        content.update_body(body[start:end])

    assert content.digest() == _digest(("a.py", body))


def test_content_digest_has_no_frames_so_it_never_stands_alone() -> None:
    """Finding of the threat model: why the signed zip is also compared entry by entry."""
    honest = _digest(("notes.txt", b"evil.pyimport os"))
    split = _digest(("notes.txt", b""), ("evil.py", b"import os"))

    assert honest == split


def test_signature_has_the_name_that_the_zip_reader_knows() -> None:
    assert SIGNATURE_NAME == SIGNATURE_FILE


def test_bytes_of_no_entry_are_our_mistake() -> None:
    with pytest.raises(ValueError, match="before"):
        ContentDigest().update_body(b"x")


def test_formula_is_unconfirmed_until_a_zip_signed_by_aws_is_among_the_test_data() -> None:
    signed_zips = list((Path(__file__).parents[2] / "data/signer").glob("*.zip"))

    assert (DIGEST_FORMULA is DigestFormula.CONFIRMED) == bool(signed_zips)


# -- armour


def test_armour_is_opened_up_to_64_kib() -> None:
    largest, too_large = bytes(48363), bytes(48364)
    assert len(forge.pem(largest)) == 65534
    assert len(forge.pem(too_large)) == 65538

    assert unarmour(forge.pem(largest)) == largest
    with pytest.raises(SignatureError, match=r"E-SIGNATURE-21 .* 65538 bytes, more than 65536"):
        unarmour(forge.pem(too_large))


@given(st.binary(min_size=1, max_size=400))
@settings(derandomize=True, deadline=None, database=None)
def test_armour_gives_back_what_was_put_in(data: bytes) -> None:
    assert unarmour(forge.pem(data)) == data


# -- roots


def test_pinned_root_is_the_only_root_of_aws() -> None:
    (root,) = TrustRoots.AWS.certificates

    assert root.fingerprint == roots.AWS_ROOT_SHA256
    assert root.parsed.subject.rfc4514_string() == (
        "CN=Signer us-west-2 ROOT CA,ST=WA,OU=Cryptography,O=AWS,C=US"
    )


def test_readme_names_the_pinned_fingerprint() -> None:
    readme = (PACKAGE / "signature/README.md").read_text()

    colons = roots.AWS_ROOT_SHA256.digest.hex(":").upper()
    assert colons in readme


def test_swapped_root_file_is_noticed() -> None:
    pem = forge.ROOT_CERTIFICATE.public_bytes(Encoding.PEM)

    with pytest.raises(ValueError, match="pinned root should be sha256:410220a7"):
        roots.pinned(pem, sha256=roots.AWS_ROOT_SHA256)


def test_root_added_to_the_root_file_is_noticed() -> None:
    pem = (PACKAGE / "signature/aws-signer-root-ca.pem").read_bytes()
    added = pem + forge.ROOT_CERTIFICATE.public_bytes(Encoding.PEM)

    with pytest.raises(ValueError, match="pinned root should be"):
        roots.pinned(added, sha256=roots.AWS_ROOT_SHA256)


@pytest.mark.parametrize("pem", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\n"])
def test_roots_need_a_certificate(pem: bytes) -> None:
    with pytest.raises(ValueError, match="PEM"):
        TrustRoots.from_pem(pem)


@pytest.mark.parametrize("issue", [LOWER, LEAF])
def test_root_must_be_self_signed(issue: forge.Issue) -> None:
    pem = issue.make().public_bytes(Encoding.PEM)

    with pytest.raises(ValueError, match="is not self-signed"):
        TrustRoots.from_pem(pem)


def test_root_that_only_names_itself_as_issuer_is_not_self_signed() -> None:
    lookalike = forge.replace(forge.ROOT, issuer_key=forge.key(5)).make()

    with pytest.raises(ValueError, match="is not self-signed"):
        TrustRoots.from_pem(lookalike.public_bytes(Encoding.PEM))


def test_root_that_cannot_be_read_as_strictly_as_a_chain_is_refused() -> None:
    def version_1(tbs: TbsCertificate) -> None:
        tbs["version"] = "v1"
        del tbs["extensions"]

    old = x509.load_der_x509_certificate(forge.resigned(forge.ROOT, version_1))

    with pytest.raises(ValueError, match="a root cannot be used"):
        TrustRoots.from_pem(old.public_bytes(Encoding.PEM))


def test_root_with_another_kind_of_key_is_refused() -> None:
    weak = forge.key(1, ec.SECP256R1())
    root = forge.replace(forge.ROOT, key=weak, issuer_key=weak).make()

    with pytest.raises(ValueError, match="not self-signed with ECDSA P-384"):
        TrustRoots.from_pem(root.public_bytes(Encoding.PEM))


def test_several_roots_may_be_given() -> None:
    other = forge.replace(forge.ROOT, key=forge.key(5), issuer_key=forge.key(5)).make()
    pem = other.public_bytes(Encoding.PEM) + forge.ROOT_CERTIFICATE.public_bytes(Encoding.PEM)

    signature = prove(GOOD.sf(), roots=TrustRoots.from_pem(pem))

    assert signature.root_sha256 == Certificate.read(forge.der(forge.ROOT_CERTIFICATE)).fingerprint


# -- proofs


def _fields(proof: Envelope) -> dict[str, Any]:
    return {field.name: getattr(proof, field.name) for field in dataclasses.fields(proof)}


@pytest.mark.parametrize("kind", [Envelope, Signature])
@pytest.mark.parametrize("seal", [None, object(), True])
def test_proof_cannot_be_built_without_the_verification(kind: type[Envelope], seal: object) -> None:
    fields = _fields(prove(GOOD.sf()))
    if kind is Envelope:
        del fields["content_digest_matches"]

    with pytest.raises(TypeError, match="built only by its verification"):
        kind(**fields, seal=seal)


def test_proof_cannot_be_changed() -> None:
    signature = prove(GOOD.sf())

    with pytest.raises(dataclasses.FrozenInstanceError):
        signature.job_arn = "other"  # type: ignore[misc]
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(signature, job_arn="other")


def test_only_the_verification_uses_the_seal() -> None:
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r"\bSEAL\b", path.read_text())
    }

    assert users == {"signature/evidence.py", "signature/verification.py"}


# -- object identifiers


@pytest.mark.parametrize(
    ("encoded", "dotted"),
    [
        (envelope.ID_DATA, "1.2.840.113549.1.7.1"),
        (envelope.ID_SIGNED_DATA, "1.2.840.113549.1.7.2"),
        (envelope.SHA384, "2.16.840.1.101.3.4.2.2"),
        (envelope.ECDSA_WITH_SHA384, "1.2.840.10045.4.3.3"),
        (attributes.CONTENT_TYPE, "1.2.840.113549.1.9.3"),
        (attributes.MESSAGE_DIGEST, "1.2.840.113549.1.9.4"),
        (attributes.SIGNING_TIME, "1.2.840.113549.1.9.5"),
        (attributes.ALGORITHM_PROTECTION, "1.2.840.113549.1.9.52"),
        (attributes.JOB_ARN, "1.3.187.137.1.2"),
        (attributes.EXPIRY, "1.3.187.137.1.3"),
        (attributes.PROFILE_VERSION_ARN, "1.3.187.137.1.4"),
    ],
)
def test_encoded_object_identifier_is_the_dotted_one(encoded: bytes, dotted: str) -> None:
    assert core.ObjectIdentifier.load(encoded, strict=True).dotted == dotted


def test_pinned_fingerprint_is_a_sha256() -> None:
    assert isinstance(roots.AWS_ROOT_SHA256, Sha256)
