"""The signature file: its structure is that of a file that AWS made, and openssl believes it."""

from __future__ import annotations

import base64
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from asn1crypto import cms, core, pem
from cryptography import x509

from lambda_sandbox.signer.authority import Authority, shared_authority
from lambda_sandbox.signer.envelope import Claims, seal, signed_attributes
from tests.unit.sandbox.signing import bench, signature_of, some_zip

if TYPE_CHECKING:
    from collections.abc import Iterator

REAL = Path(__file__).parents[2] / "data" / "signer" / "aws_signer_signature_v1.0.SF"
AT = datetime(2026, 1, 5, 9, 0, 0, 338000, UTC)
CLAIMS = Claims(
    digest=bytes(range(48)),
    job_arn="arn:aws:signer:eu-west-1:111122223333:/signing-jobs/57613597-fcbd-4527-b0b5-11a4ce6",
    profile_version_arn="arn:aws:signer:eu-west-1:111122223333:/signing-profiles/demo_profile_of_the"
    "_sandbox/9vMI9ZAGLc",
    signed_at=AT,
    expires_at=AT + timedelta(days=30),
)
TIMES = (0x17, 0x18)
STRINGS = (0x0C, 0x13)


def _tokens(ber: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(depth, tag, value) of each node; -1 stands for an indefinite length's end.

    The value is kept where it is structure: object ids, booleans, NULL, and the country.
    """
    stack: list[int | None] = []
    at = 0
    while at < len(ber):
        while stack and stack[-1] == at:
            stack.pop()
        tag, length, header = ber[at], ber[at + 1], 2
        if tag == length == 0:
            assert stack.pop() is None
            yield len(stack), -1, b""
            at += 2
            continue
        if length > 0x80:
            header += length & 0x7F
            length = int.from_bytes(ber[at + 2 : at + header])
        content = at + header
        if tag & 0x20:
            indefinite = ber[at + 1] == 0x80
            yield len(stack), tag, b"indefinite" if indefinite else b""
            stack.append(None if indefinite else content + length)
            at = content
            continue
        keep = tag in (0x01, 0x05, 0x06, 0x13)
        yield len(stack), tag, ber[content : content + length] if keep else b""
        at = content + length


def _ber(signature_file: bytes) -> bytes:
    ber: bytes = pem.unarmor(signature_file)[2]
    return ber


def _signer(signature_file: bytes) -> Any:  # noqa: ANN401 - asn1crypto has no types
    (signer,) = cms.ContentInfo.load(_ber(signature_file))["content"]["signer_infos"]
    return signer


def _certificates(signature_file: bytes) -> list[x509.Certificate]:
    found = cms.ContentInfo.load(_ber(signature_file))["content"]["certificates"]
    return [x509.load_der_x509_certificate(c.chosen.dump()) for c in found]


def test_the_structure_is_that_of_a_signature_made_by_aws() -> None:
    ours = seal(CLAIMS, shared_authority("eu-west-1").signing_at(AT))

    assert list(_tokens(_ber(ours))) == list(_tokens(_ber(REAL.read_bytes())))


def test_the_text_has_the_form_of_a_signature_made_by_aws() -> None:
    ours = seal(CLAIMS, shared_authority("eu-west-1").signing_at(AT)).decode()

    lines, real = ours.split("\n"), REAL.read_text().split("\n")
    assert (lines[0], lines[-2:]) == (real[0], real[-2:])
    assert {len(line) for line in lines[1:-3]} == {len(line) for line in real[1:-3]} == {64}
    assert base64.b64decode("".join(lines[1:-2]), validate=True) == _ber(ours.encode())


@pytest.mark.parametrize("which", range(4))
def test_the_certificates_extensions_are_those_of_aws(which: int) -> None:
    ours = _certificates(seal(CLAIMS, shared_authority("eu-west-1").signing_at(AT)))[which]
    real = _certificates(REAL.read_bytes())[which]

    assert [(e.oid, e.critical) for e in ours.extensions] == [
        (e.oid, e.critical) for e in real.extensions
    ]
    for kind in (x509.BasicConstraints, x509.KeyUsage):
        assert (
            ours.extensions.get_extension_for_class(kind).value
            == real.extensions.get_extension_for_class(kind).value
        )
    assert [a.oid for a in ours.subject] == [a.oid for a in real.subject]


def test_the_leaf_lives_as_long_as_one_of_aws() -> None:
    ours = _certificates(seal(CLAIMS, shared_authority("eu-west-1").signing_at(AT)))[0]
    real = _certificates(REAL.read_bytes())[0]

    lives = ours.not_valid_after_utc - ours.not_valid_before_utc
    assert lives == real.not_valid_after_utc - real.not_valid_before_utc
    assert lives == timedelta(days=3, hours=1)


def test_openssl_verifies_the_signature_up_to_the_root(tmp_path: Path) -> None:
    authority = shared_authority("eu-west-1")
    attributes = signed_attributes(CLAIMS)
    signature_file = seal(CLAIMS, authority.signing_at(AT))
    leaf, *rest = _certificates(signature_file)
    (tmp_path / "root.pem").write_bytes(authority.root_pem)
    (tmp_path / "leaf.pem").write_bytes(_pem(leaf))
    (tmp_path / "rest.pem").write_bytes(b"".join(_pem(c) for c in rest))
    (tmp_path / "key.pem").write_bytes(_openssl(tmp_path, "x509 -in leaf.pem -pubkey -noout"))
    (tmp_path / "signature").write_bytes(_signer(signature_file)["signature"].native)
    (tmp_path / "attributes").write_bytes(attributes)

    chain = _openssl(
        tmp_path,
        f"verify -x509_strict -purpose any -attime {int(AT.timestamp())} -CAfile root.pem "
        "-untrusted rest.pem leaf.pem",
    )
    signed = _openssl(tmp_path, "dgst -sha384 -verify key.pem -signature signature attributes")

    assert (chain, signed) == (b"leaf.pem: OK\n", b"Verified OK\n")


def _pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    return certificate.public_bytes(Encoding.PEM)


def _openssl(folder: Path, command: str) -> bytes:
    return subprocess.run(
        ["openssl", *command.split()], cwd=folder, check=True, capture_output=True
    ).stdout


def test_the_signed_attributes_stand_in_the_envelope_as_they_were_signed() -> None:
    signer = _signer(seal(CLAIMS, shared_authority("eu-west-1").signing_at(AT)))

    assert b"\x31" + signer["signed_attrs"].dump()[1:] == signed_attributes(CLAIMS)


def test_the_attributes_say_what_was_claimed() -> None:
    signer = _signer(seal(CLAIMS, shared_authority("eu-west-1").signing_at(AT)))

    values = {a["type"].dotted: a["values"][0] for a in signer["signed_attrs"]}
    assert values["1.3.187.137.1.2"].native == CLAIMS.job_arn
    assert values["1.3.187.137.1.4"].native == CLAIMS.profile_version_arn
    assert values["1.3.187.137.1.3"].native == CLAIMS.expires_at
    assert values["1.2.840.113549.1.9.5"].native == CLAIMS.signed_at
    assert values["1.2.840.113549.1.9.4"].native == CLAIMS.digest
    assert values["1.2.840.113549.1.9.3"].native == "data"


@pytest.mark.parametrize(
    ("microsecond", "text"),
    [(338000, b"20260105090000.338Z"), (300000, b"20260105090000.3Z"), (0, b"20260105090000Z")],
)
def test_times_are_der_with_milliseconds(microsecond: int, text: bytes) -> None:
    at = AT.replace(microsecond=microsecond)
    claims = Claims(
        digest=CLAIMS.digest,
        job_arn="j",
        profile_version_arn="p",
        signed_at=at,
        expires_at=at,
    )

    attributes = signed_attributes(claims)

    encoded = core.GeneralizedTime(contents=text).dump()
    assert encoded[0] == 0x18
    assert attributes.count(encoded) == 2


def test_a_job_is_signed_at_an_odd_millisecond_before_its_end() -> None:
    at = bench()
    job = at.done(at.start(some_zip()))
    signed = at.store.get("artefacts", job["signedObject"]["s3"]["key"]).body

    values = {
        a["type"].dotted: a["values"][0].native
        for a in _signer(signature_of(signed))["signed_attrs"]
    }

    signed_at = values["1.2.840.113549.1.9.5"]
    assert job["createdAt"] <= signed_at < job["completedAt"]
    assert signed_at.microsecond % 1000 == 0 != signed_at.microsecond
    assert values["1.3.187.137.1.3"].replace(microsecond=0) == job["signatureExpiresAt"]
    assert values["1.3.187.137.1.3"].microsecond == signed_at.microsecond


def test_one_process_has_one_root_and_a_leaf_a_day() -> None:
    one, two = bench(), bench()

    assert one.signer.root_pem == two.signer.root_pem == shared_authority("eu-west-1").root_pem
    today = _certificates(signature_of(one.signed(some_zip())))[0]
    again = _certificates(signature_of(two.signed(some_zip())))[0]
    two.clock.advance(86_400)
    tomorrow = _certificates(signature_of(two.signed(some_zip())))[0]
    assert today == again != tomorrow


def test_another_authority_has_another_root() -> None:
    own = Authority("eu-west-1")

    assert bench(authority=own).signer.root_pem == own.root_pem
    assert own.root_pem != bench().signer.root_pem


@pytest.mark.parametrize("month", [1, 2, 6, 7, 12])
@pytest.mark.parametrize("year", [2024, 2026, 2099])
def test_every_certificate_is_valid_at_the_time_of_signing(year: int, month: int) -> None:
    authority = shared_authority("eu-west-1")
    for at in (
        datetime(year, month, 1, 0, 0, tzinfo=UTC),
        datetime(year, month, 28, 23, 59, 59, tzinfo=UTC),
    ):
        chain = authority.signing_at(at).chain

        for child, parent in pairwise(chain):
            child.verify_directly_issued_by(parent)
        assert all(c.not_valid_before_utc <= at <= c.not_valid_after_utc for c in chain)
        assert chain[-1] == chain[-2] == authority.root


def test_the_names_say_that_this_is_not_aws() -> None:
    for certificate in shared_authority("eu-west-1").signing_at(AT).chain:
        assert "O=lambda_sandbox\\, not AWS" in certificate.subject.rfc4514_string()
