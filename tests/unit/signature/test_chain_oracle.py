"""Our verdict on each chain of certificates is that of cryptography's own path validation.

A second, independent judge (`cryptography.x509.verification`, written for TLS) sees the same
certificates at the same time. Where the two differ by design, the difference is named here.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from signed_lambda.errors import SignatureError
from signed_lambda.signature import TrustRoots
from signed_lambda.signature.armour import unarmour
from signed_lambda.signature.chain import (
    build_chain,
    check_authorities,
    check_validity,
    read_certificates,
)
from signed_lambda.signature.envelope import read_signed_data
from tests.unit.signature import forge, tampered_certificates
from tests.unit.signature.test_real_signature import SF
from tests.unit.signature.test_tampered import ACCEPTED
from tests.unit.signature.variants import ROOTS

if TYPE_CHECKING:
    from collections.abc import Callable

CHAINS: dict[str, Callable[[], bytes]] = {
    **{
        name: make
        for name, (number, make) in tampered_certificates.TAMPERED.items()
        if number in ("33", "34", "35", "36")
    },
    **{name: (lambda make=make: make().sf()) for name, make in ACCEPTED.items()},
}
STRICTER_HERE = {
    "two authorities of one name and key": "we want one way up, it tries both",
    "authority with an RSA key": "we want P-384 only",
    "authority with a P-256 key": "we want P-384 only",
    "leaf issued with SHA-256": "we want SHA-384 only",
    "critical name constraints": "we know no such extension, so it may not be critical",
}


def _ours(certificates: tuple[bytes, ...], roots: TrustRoots, at: dt.datetime) -> bool:
    try:
        bag = read_certificates(certificates)
        chain = build_chain(bag[0], bag, roots)
        check_authorities(chain)
        check_validity(chain, at)
    except SignatureError:
        return False
    return True


def _theirs(certificates: tuple[bytes, ...], roots: TrustRoots, at: dt.datetime) -> bool:
    leaf, *others = (x509.load_der_x509_certificate(der) for der in certificates)

    def certifies(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
        if usage is not None and not usage.key_cert_sign:
            raise ValueError("may not sign certificates")

    policy = ExtensionPolicy.permit_all()
    authority = policy.require_present(
        x509.BasicConstraints, Criticality.AGNOSTIC, None
    ).may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, certifies)
    verifier = (
        PolicyBuilder()
        .store(Store([root.parsed for root in roots.certificates]))
        .time(at)
        .max_chain_depth(4)
        .extension_policies(ca_policy=authority, ee_policy=policy)
        .build_client_verifier()
    )
    try:
        verifier.verify(leaf, others)
    except VerificationError:
        return False
    return True


@pytest.mark.parametrize("name", CHAINS)
def test_chain_is_judged_as_by_the_library(name: str) -> None:
    certificates = read_signed_data(unarmour(CHAINS[name]())).certificates
    at = forge.SIGNED_AT.replace(microsecond=0)

    ours = _ours(certificates, ROOTS, at)
    theirs = _theirs(certificates, ROOTS, at)

    if name in STRICTER_HERE:
        assert (ours, theirs) == (False, True)
    else:
        assert ours == theirs


def test_real_chain_is_judged_as_by_the_library() -> None:
    certificates = read_signed_data(unarmour(SF)).certificates
    signed_at = dt.datetime(2022, 2, 11, 17, 45, 24, tzinfo=dt.UTC)

    for days in (-2, -1, 0, 1, 2, 3, 4):
        at = signed_at + dt.timedelta(days=days)
        good = _ours(certificates, TrustRoots.AWS, at)
        assert good == _theirs(certificates, TrustRoots.AWS, at)
        assert good == (days in (0, 1, 2))
