"""Every way we know to tamper with a signature is refused, by the check that is meant for it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes

from signed_lambda.errors import SignatureError
from signed_lambda.signature import DigestFormula, TrustRoots
from tests.unit.signature import forge, tampered_certificates, tampered_claims, tampered_forms
from tests.unit.signature.forge import LEAF, LOWER, ROOT, UPPER, Recipe, attributes, der, key, tlv
from tests.unit.signature.variants import (
    GOOD,
    LONG_CHAIN,
    LOOKALIKE_ROOT,
    carrying,
    prove,
    unknown_extension,
    with_attributes,
    with_leaf,
    with_lower,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND = dt.timedelta(seconds=1)
TAMPERED = tampered_forms.TAMPERED | tampered_certificates.TAMPERED | tampered_claims.TAMPERED


def test_good_signature_is_proven() -> None:
    signature = prove(GOOD.sf())

    assert signature.job_arn == forge.JOB
    assert signature.profile_version_arn == forge.PROFILE
    assert signature.signed_at == forge.SIGNED_AT
    assert signature.expires_at == forge.EXPIRES_AT
    assert signature.content_digest == forge.DIGEST
    assert signature.content_digest_matches
    assert signature.signer_subject == "CN=signer,C=US"
    assert signature.signer_serial == "1004"
    assert signature.other_attributes == ()
    assert signature.root_sha256.digest == forge.ROOT_CERTIFICATE.fingerprint(hashes.SHA256())


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered_signature_is_refused_by_its_check(name: str) -> None:
    number, make = TAMPERED[name]
    sf = make()

    with pytest.raises(SignatureError) as caught:
        prove(sf)

    (problem,) = caught.value.problems
    assert problem.id == f"E-SIGNATURE-{number}"
    assert problem.what.isprintable()
    assert problem.do
    assert caught.value.exit_code == 22


def test_every_check_refuses_something() -> None:
    numbers = {number for number, _ in TAMPERED.values()}

    assert numbers == {str(number) for number in range(21, 42)}


ACCEPTED: dict[str, Callable[[], Recipe]] = {
    "DER instead of BER": lambda: GOOD.but(wrap=tlv, content=forge.seq(forge.oid(forge.DATA))),
    "digest algorithm without NULL": lambda: GOOD.but(
        digests=(forge.SHA384_NO_PARAMETERS,),
        signer_digest=forge.SHA384_NO_PARAMETERS,
        attributes=attributes(
            ALGORITHM_PROTECTION=forge.protection(digest=forge.SHA384_NO_PARAMETERS)
        ),
    ),
    "root not carried": lambda: carrying(der(LOWER.make()), der(UPPER.make())),
    "certificates in another order": lambda: GOOD.but(
        carried=tuple(der(i.make()) for i in (ROOT, UPPER, LOWER, LEAF))
    ),
    "an unrelated certificate": lambda: carrying(
        *(der(i.make()) for i in (LOWER, UPPER, ROOT, forge.replace(LEAF, serial=9, key=key(666))))
    ),
    "look-alike root beside the real chain": lambda: carrying(
        *(der(i.make()) for i in (LOWER, UPPER, LOOKALIKE_ROOT))
    ),
    "ten certificates": lambda: carrying(
        *[der(i.make()) for i in (LOWER, UPPER)], *[der(forge.ROOT_CERTIFICATE)] * 7
    ),
    "leaf signed by the root": lambda: GOOD.but(
        leaf=forge.replace(LEAF, issuer="Root", issuer_key=ROOT.key), authorities=(ROOT,)
    ),
    "only the signer's certificate": lambda: GOOD.but(
        leaf=forge.replace(LEAF, issuer="Root", issuer_key=ROOT.key),
        carried=(der(forge.replace(LEAF, issuer="Root", issuer_key=ROOT.key).make()),),
    ),
    "six certificates in a row": lambda: Recipe(
        leaf=forge.replace(LEAF, issuer="Step 1", issuer_key=key(101)),
        authorities=(*LONG_CHAIN[1:], ROOT),
    ),
    "leaf with serial number 1": lambda: with_leaf(serial=1),
    "leaf with a serial number of 20 bytes": lambda: with_leaf(serial=(1 << 159) - 1),
    "leaf without key usage": lambda: with_leaf(usage=None),
    "leaf without basic constraints": lambda: with_leaf(constraints=None),
    "authority without key usage": lambda: with_lower(usage=None),
    "an extension that is not critical": lambda: with_leaf(extra=((unknown_extension(), False),)),
    "signed in the leaf's first moment": lambda: GOOD.but(
        leaf=forge.replace(LEAF, start=forge.SIGNED_AT.replace(microsecond=0)),
        attributes=attributes(
            SIGNING_TIME=forge.generalized(forge.SIGNED_AT.replace(microsecond=0))
        ),
    ),
    "signed in the leaf's last moment": lambda: GOOD.but(
        leaf=forge.replace(LEAF, end=forge.SIGNED_AT.replace(microsecond=0)),
        attributes=attributes(
            SIGNING_TIME=forge.generalized(forge.SIGNED_AT.replace(microsecond=0))
        ),
    ),
    "signed in exactly five minutes": lambda: with_attributes(
        SIGNING_TIME=forge.generalized(forge.NOW + 300 * SECOND)
    ),
    "expires in a millisecond": lambda: with_attributes(
        EXPIRY=forge.generalized(forge.NOW + SECOND / 1000)
    ),
    "times without fractions": lambda: with_attributes(SIGNING_TIME=tlv(0x18, b"20260301120000Z")),
    "attributes in another order": lambda: GOOD.but(
        sent_attributes=tuple(sorted(attributes(), reverse=True))
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_harmless_variation_is_accepted(name: str) -> None:
    signature = prove(ACCEPTED[name]().sf())

    assert signature.job_arn == forge.JOB


def test_signature_expires_at_its_very_millisecond() -> None:
    sf = GOOD.sf()

    with pytest.raises(SignatureError, match="E-SIGNATURE-38"):
        prove(sf, now=forge.EXPIRES_AT)


def test_signature_is_good_long_after_its_certificates_expired() -> None:
    signature = prove(GOOD.sf(), now=forge.EXPIRES_AT - SECOND)

    assert signature.expires_at == forge.EXPIRES_AT


@pytest.mark.parametrize("name", ["look-alike root of the same subject", "authorities in a loop"])
def test_chain_that_ends_at_no_pinned_root_says_where_it_ends(name: str) -> None:
    with pytest.raises(SignatureError, match=r"signed by no pinned root, and by 0 of the"):
        prove(TAMPERED[name][1]())


def test_unknown_signed_attribute_is_told_not_trusted() -> None:
    extra = forge.attribute("1.3.187.137.1.9", b"\x05\x00")

    signature = prove(GOOD.but(attributes=(*attributes(), extra)).sf())

    assert signature.other_attributes == (forge.oid("1.3.187.137.1.9").hex(),)


def test_digest_mismatch_is_only_told_while_the_formula_is_unconfirmed() -> None:
    signature = prove(GOOD.sf(), digest=bytes(48), digest_formula=DigestFormula.UNCONFIRMED)

    assert not signature.content_digest_matches
    assert signature.content_digest == forge.DIGEST


@pytest.mark.parametrize("number", ["30", "33", "38", "39", "40"])
def test_unconfirmed_formula_softens_no_other_check(number: str) -> None:
    for tampered_number, make in TAMPERED.values():
        if tampered_number == number:
            with pytest.raises(SignatureError, match=f"E-SIGNATURE-{number}"):
                prove(make(), digest_formula=DigestFormula.UNCONFIRMED)


def test_roots_of_an_emulator_do_not_make_aws_roots_trusted_or_the_other_way_round() -> None:
    with pytest.raises(SignatureError, match="E-SIGNATURE-33"):
        prove(GOOD.sf(), roots=TrustRoots.AWS)


@pytest.mark.parametrize("digest", [b"", bytes(32), bytes(47), bytes(49)])
def test_digest_of_another_size_is_our_mistake(digest: bytes) -> None:
    with pytest.raises(ValueError, match="48 bytes"):
        prove(GOOD.sf(), digest=digest)


def test_time_without_zone_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="time zone"):
        prove(GOOD.sf(), now=forge.NOW.replace(tzinfo=None))
