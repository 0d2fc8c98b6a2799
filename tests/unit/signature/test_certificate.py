"""Certificates with odd contents are read or refused, without a warning or another exception."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from signed_lambda.errors import SignatureError
from signed_lambda.signature.certificate import COMMON_NAME, P384_KEY, VERSION_3, Certificate
from tests.unit.signature import forge
from tests.unit.signature.forge import LEAF, LOWER, ROOT, UPPER, der, key
from tests.unit.signature.variants import GOOD, prove


def _renamed(old: bytes, new: bytes) -> bytes:
    """The leaf with some bytes of it replaced by as many others; its signature does not fit."""
    assert len(old) == len(new)
    certificate = der(LEAF.make())
    assert old in certificate
    return certificate.replace(old, new)


def test_certificate_is_read_as_the_library_reads_it() -> None:
    made = LEAF.make()

    certificate = Certificate.read(der(made))

    assert certificate.parsed == made
    assert certificate.issuer == made.issuer.public_bytes()
    assert certificate.subject == made.subject.public_bytes()
    assert certificate.serial == made.serial_number
    assert certificate.key == made.public_key()
    assert certificate.fingerprint.digest == made.fingerprint(hashes.SHA256())
    assert str(certificate) == "the certificate 'signer' (1004)"


def test_certificates_are_equal_if_their_bytes_are() -> None:
    assert Certificate.read(der(LEAF.make())) == Certificate.read(der(LEAF.make()))
    assert Certificate.read(der(LEAF.make())) != Certificate.read(
        der(forge.replace(LEAF, key=key(9)).make())
    )


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP521R1(), ec.SECP256K1()])
def test_key_on_another_curve_is_no_key_for_us(curve: ec.EllipticCurve) -> None:
    certificate = Certificate.read(der(forge.replace(LEAF, key=key(4, curve)).make()))

    assert certificate.key is None


def test_key_on_a_curve_that_nobody_knows_is_no_key_for_us() -> None:
    unknown = _renamed(bytes.fromhex("2b81040022"), bytes.fromhex("2b8104007f"))

    assert Certificate.read(unknown).key is None


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (b"signer", b"si\nner", r"'si\nner'"),
        (b"signer", b"si\xff\xfeer", r"'si\\xff\\xfeer'"),
        (b"signer", b"si\x1b[2J", r"'si\x1b[2J'"),
        (b"\x06\x03\x55\x04\x03", b"\x06\x03\x55\x04\x0a", "''"),
    ],
)
def test_odd_name_is_shown_in_printable_ascii(old: bytes, new: bytes, shown: str) -> None:
    certificate = Certificate.read(_renamed(old, new))

    assert str(certificate) == f"the certificate {shown} (1004)"


def test_long_name_is_cut() -> None:
    certificate = Certificate.read(der(forge.replace(LEAF, name="n" * 64, issuer="x").make()))

    assert len(str(certificate)) < 120


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\x13\x02US", b"\x13\x02\n\0"),
        (b"\x06\x03\x55\x04\x03", b"\x06\x03\x55\x04\x06"),
        (b"\x06\x03\x55\x04\x06", b"\x06\x03\x55\x04\x03"),
        (b"signer", b"\xff" * 6),
    ],
)
def test_odd_names_are_refused_without_a_warning(old: bytes, new: bytes) -> None:
    above = tuple(der(issue.make()) for issue in (LOWER, UPPER, ROOT))

    with pytest.raises(SignatureError, match=r"E-SIGNATURE-(27|28|33)"):
        prove(GOOD.but(carried=(_renamed(old, new), *above)).sf())


def test_name_with_too_many_parts_is_refused() -> None:
    part = forge.set_of(forge.seq(forge.oid("2.5.4.10"), forge.utf8("x")))

    with pytest.raises(SignatureError):
        prove(GOOD.but(carried=(_with_subject(part * 65),)).sf())


def _with_subject(parts: bytes) -> bytes:
    """The leaf under a name of these parts; its signature does not fit."""
    certificate = der(LEAF.make())
    tbs = certificate[4 : -len(_signature_fields())]
    subject = forge.common_name("signer").public_bytes()
    grown = tbs[4:].replace(subject, forge.seq(parts))
    return forge.seq(forge.seq(grown), _signature_fields())


def _signature_fields() -> bytes:
    made = LEAF.make()
    return forge.ECDSA_SHA384 + forge.tlv(0x03, b"\0", made.signature)


def test_issuer_must_have_made_the_signature_and_bear_the_name() -> None:
    leaf, lower = (Certificate.read(der(issue.make())) for issue in (LEAF, LOWER))
    namesake = Certificate.read(der(forge.replace(LOWER, key=key(9)).make()))
    other_name = Certificate.read(der(forge.replace(LOWER, name="Other").make()))

    assert leaf.is_issued_by(lower)
    assert not leaf.is_issued_by(namesake)
    assert not leaf.is_issued_by(other_name)
    assert not lower.is_issued_by(leaf)


def test_encoded_constants_are_those_of_a_made_certificate() -> None:
    certificate = der(LEAF.make())

    assert VERSION_3 in certificate
    assert P384_KEY in certificate
    assert COMMON_NAME in certificate
