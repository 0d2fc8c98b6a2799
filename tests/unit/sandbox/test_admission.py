"""What Lambda lets in: order of the checks, Enforce and Warn, messages, and every forgery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from lambda_sandbox.admission import Admission, admit, record_only
from lambda_sandbox.core import ApiError
from lambda_sandbox.signer import Behaviour, forge
from tests.unit.sandbox.signing import (
    FRIEND,
    PLATFORM,
    SIGNATURE_FILE,
    Bench,
    bench,
    entries,
    some_zip,
    zip_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

INTEGRITY: Final = (
    "Lambda cannot deploy the function. The function or layer code is not properly signed. This "
    "can mean that the code was signed incorrectly or modified after it was signed. Check the "
    "provided signature for arn:f."
)
PUBLISHER: Final = (
    "Lambda cannot deploy the function. The function or layer might be signed using a signature "
    "that the client is not configured to accept. Check the provided signature for arn:f."
)


@dataclass(frozen=True)
class Config:
    """A code signing configuration."""

    policy: str
    allowed_publishers: tuple[str, ...]


def under(policy: str, at: Bench, code: bytes, *publishers: str) -> Admission:
    """Admission under a policy that allows `demo` unless it says otherwise."""
    config = Config(policy, publishers or (at.version_arn,))
    return admit(at.world, at.signer, config, code, resource="arn:f")


def message(policy: str, at: Bench, code: bytes, *publishers: str) -> str:
    """The refusal's text."""
    with pytest.raises(ApiError) as caught:
        under(policy, at, code, *publishers)
    assert (caught.value.code, caught.value.status) == ("CodeVerificationFailedException", 400)
    return caught.value.message


def revoked_profile(at: Bench, before_s: float) -> None:
    """Revokes `demo` with effect from some seconds ago."""
    at.signer.revoke_signing_profile(
        {
            "profileName": "demo",
            "profileVersion": at.version_arn.rsplit("/", 1)[1],
            "reason": "leaked",
            "effectiveTime": at.clock.now() - timedelta(seconds=before_s),
        }
    )


@pytest.mark.parametrize("policy", ["Enforce", "Warn"])
def test_a_good_signature_is_let_in_with_job_and_profile(policy: str) -> None:
    at = bench()
    job_id = at.start(some_zip())
    key = at.done(job_id)["signedObject"]["s3"]["key"]

    got = under(policy, at, at.store.get("artefacts", key).body)

    job_arn = f"arn:aws:signer:eu-west-1:111122223333:/signing-jobs/{job_id}"
    assert got == Admission(job_arn, at.version_arn, "VALID")


def test_unsigned_code_is_a_publisher_that_is_not_allowed() -> None:
    at = bench()

    assert message("Enforce", at, some_zip()) == PUBLISHER
    assert under("Warn", at, some_zip()) == Admission(None, None, "MISMATCH")


def test_what_is_no_zip_counts_as_unsigned() -> None:
    at = bench()

    assert message("Enforce", at, b"no zip") == PUBLISHER


def test_a_profile_that_is_not_allowed_is_refused_or_noted() -> None:
    at = bench()
    other = at.signer.put_signing_profile({"profileName": "other", "platformId": PLATFORM})
    signed = at.signed(some_zip())

    assert message("Enforce", at, signed, other["profileVersionArn"]) == PUBLISHER
    assert under("Warn", at, signed, other["profileVersionArn"]) == Admission(
        None, None, "MISMATCH"
    )


def test_one_of_several_publishers_is_enough() -> None:
    at = bench()

    got = under("Enforce", at, at.signed(some_zip()), "arn:other", at.version_arn)

    assert got.status == "VALID"


def test_the_profile_alone_without_its_version_is_not_the_publisher() -> None:
    at = bench()

    arn = at.version_arn.rsplit("/", 1)[0]

    assert message("Enforce", at, at.signed(some_zip()), arn) == PUBLISHER


def test_a_revoked_signature_is_refused_or_noted() -> None:
    at = bench()
    signed = at.signed(some_zip())
    (job,) = at.signer.list_signing_jobs({})["jobs"]
    at.signer.revoke_signature({"jobId": job["jobId"], "reason": "leaked"})

    assert message("Enforce", at, signed) == PUBLISHER
    assert under("Warn", at, signed) == Admission(None, None, "REVOKED")


def test_a_profile_revoked_from_before_the_signing_on_refuses() -> None:
    at = bench()
    signed = at.signed(some_zip())
    at.clock.advance(60)
    revoked_profile(at, before_s=60)

    assert message("Enforce", at, signed) == PUBLISHER
    assert under("Warn", at, signed).status == "REVOKED"


def test_a_profile_revoked_from_after_the_signing_on_lets_in() -> None:
    at = bench()
    signed = at.signed(some_zip())
    at.clock.advance(60)
    revoked_profile(at, before_s=59)

    assert under("Enforce", at, signed).status == "VALID"


def test_a_canceled_profiles_signatures_stay_valid() -> None:
    at = bench()
    signed = at.signed(some_zip())
    at.signer.cancel_signing_profile({"profileName": "demo"})

    assert under("Enforce", at, signed).status == "VALID"


def test_a_signature_expires_at_its_very_instant() -> None:
    at = bench()
    at.signer.put_signing_profile(
        {
            "profileName": "short",
            "platformId": PLATFORM,
            "signatureValidityPeriod": {"value": 1, "type": "DAYS"},
        }
    )
    arn = at.signer.get_signing_profile({"profileName": "short"})["profileVersionArn"]
    signed = at.signer.sign_bytes(some_zip(), profile="short")
    at.clock.advance(86_400 - 0.001)
    before = under("Enforce", at, signed, arn)
    at.clock.advance(0.001)

    assert before.status == "VALID"
    assert message("Enforce", at, signed, arn) == PUBLISHER
    assert under("Warn", at, signed, arn) == Admission(None, None, "EXPIRED")


def test_a_signature_outlives_the_certificate_that_made_it() -> None:
    at = bench()
    signed = at.signed(some_zip())
    at.clock.advance(10 * 365 * 86_400)

    assert under("Enforce", at, signed).status == "VALID"


# -- the order: integrity, expiry, publisher, revocation


def test_a_broken_signature_is_told_before_all_else() -> None:
    at = bench()
    broken = forge.tampered(forge.expired(at.signer, at.signed(some_zip())), "handler.py", b"x")

    assert message("Enforce", at, broken, "arn:other") == INTEGRITY


def test_expiry_comes_before_publisher_and_revocation() -> None:
    at = bench()
    expired = forge.expired(at.signer, at.signed(some_zip()))
    (job,) = at.signer.list_signing_jobs({})["jobs"]
    at.signer.revoke_signature({"jobId": job["jobId"], "reason": "leaked"})

    assert under("Warn", at, expired, "arn:other").status == "EXPIRED"


def test_publisher_comes_before_revocation() -> None:
    at = bench()
    signed = at.signed(some_zip())
    (job,) = at.signer.list_signing_jobs({})["jobs"]
    at.signer.revoke_signature({"jobId": job["jobId"], "reason": "leaked"})

    assert under("Warn", at, signed, "arn:other").status == "MISMATCH"
    assert under("Warn", at, signed).status == "REVOKED"


# -- forgeries


def _other_arn(at: Bench) -> str:
    return at.version_arn.replace("/demo/", "/evil/")


BROKEN: Final[dict[str, Callable[[Bench, bytes], bytes]]] = {
    "tampered": lambda _, z: forge.tampered(z, "handler.py", b"evil"),
    "renamed": lambda _, z: forge.renamed(z, "handler.py", "handles.py"),
    "removed": lambda _, z: forge.removed(z, "notes.txt"),
    "added": lambda _, z: forge.added(z, "more.py", b""),
    "reordered": lambda _, z: forge.reordered(z),
    "doubled": lambda _, z: forge.doubled(z, "handler.py", b"evil"),
    "doubled-same": lambda _, z: forge.doubled(z, "bin/", b""),
    "folder-gone": lambda _, z: forge.removed(z, "META_INF/"),
    "two-signatures": lambda _, z: forge.doubled(z, SIGNATURE_FILE, forge.signature_file(z)),
    "transplanted": lambda at, z: forge.transplanted(z, at.signed(zip_of(("a", b"b")))),
    "edited-claim": lambda at, z: forge.edited_claim(z, at.version_arn, _other_arn(at)),
    "other-root": lambda at, z: forge.other_root(at.signer, z),
    "other-digest": lambda at, z: forge.other_digest(at.signer, z),
    "future": lambda at, z: forge.signed_in_future(at.signer, z),
    "leaf-not-for-code": lambda at, z: forge.leaf_not_for_code(at.signer, z),
    "leaf-too-early": lambda at, z: forge.leaf_not_yet_valid(at.signer, z),
    "leaf-too-late": lambda at, z: forge.leaf_expired_before(at.signer, z),
    "no-intermediates": lambda at, z: forge.without_intermediates(at.signer, z),
    "other-key": lambda at, z: forge.other_key(at.signer, z),
    "no-cms": lambda _, z: forge.with_signature_file(z, b"-----BEGIN PKCS7-----\n"),
    "empty-signature": lambda _, z: forge.with_signature_file(z, b""),
    "huge-signature": lambda _, z: forge.with_signature_file(z, bytes((1 << 20) + 1)),
}


@pytest.mark.parametrize("policy", ["Enforce", "Warn"])
@pytest.mark.parametrize("attack", BROKEN)
def test_a_broken_signature_is_refused_under_any_policy(attack: str, policy: str) -> None:
    at = bench()
    signed = at.signed(some_zip())

    forged = BROKEN[attack](at, signed)

    assert message(policy, at, forged) == INTEGRITY
    assert under(policy, at, signed).status == "VALID"


@pytest.mark.parametrize("harmless", [forge.recompressed, forge.retimed])
def test_other_compression_and_times_are_let_in(harmless: Callable[[bytes], bytes]) -> None:
    at = bench()
    signed = at.signed(some_zip())

    changed = harmless(signed)

    assert changed != signed
    assert under("Enforce", at, changed) == under("Enforce", at, signed)


SAME_DIGEST: Final[dict[str, Callable[[bytes], bytes]]] = {
    "split": lambda z: forge.split_into_module(z, "notes.txt", "evil.py"),
    "merged": lambda z: forge.merged(z, "handler.py"),
    "into-name": lambda z: forge.moved_into_name(z, "notes.txt", 2),
    "link": lambda z: forge.turned_into_link(z, "notes.txt"),
    "mode": lambda z: forge.with_mode(z, "handler.py", 0o100777),
}


@pytest.mark.parametrize("attack", SAME_DIGEST)
def test_lambda_lets_in_other_content_of_the_same_digest(attack: str) -> None:
    """The reason why the product compares entry by entry: Lambda alone does not see these."""
    at = bench()
    signed = at.signed(some_zip())

    changed = SAME_DIGEST[attack](signed)

    assert entries(changed)[:-1] != entries(signed)[:-1]
    assert under("Enforce", at, changed) == under("Enforce", at, signed)


def test_a_split_text_becomes_a_module() -> None:
    at = bench()

    changed = forge.split_into_module(at.signed(some_zip()), "notes.txt", "evil.py")

    files = {name: body for name, body, _ in entries(changed)}
    assert files["notes.txt"] == b"Do not pack "
    assert files["evil.py"] == b"import os; os.system('true')\n"


def test_another_jobs_signature_is_let_in() -> None:
    """Lambda cannot know which job was meant: that the ARN is ours is the product's check."""
    at = bench()
    arn = "arn:aws:signer:eu-west-1:111122223333:/signing-jobs/another"

    got = under("Enforce", at, forge.other_job(at.signer, at.signed(some_zip()), arn))

    assert got == Admission(arn, at.version_arn, "VALID")


def test_another_profiles_signature_is_told_by_its_arn() -> None:
    at = bench()
    forged = forge.other_profile(at.signer, at.signed(some_zip()), _other_arn(at))

    assert message("Enforce", at, forged) == PUBLISHER
    assert under("Enforce", at, forged, _other_arn(at)).signing_profile_version_arn == _other_arn(
        at
    )


def test_code_without_its_signature_is_unsigned() -> None:
    at = bench()

    stripped = forge.unsigned(at.signed(some_zip()))

    assert entries(stripped) == entries(some_zip())
    assert message("Enforce", at, stripped) == PUBLISHER


def test_every_part_of_the_signature_counts() -> None:
    at = bench()
    signed = at.signed(zip_of(("a.py", b"x")))
    text = forge.signature_file(signed)

    told = []
    for position in range(30, len(text) - 30, 61):
        flipped = bytearray(text)
        flipped[position] = ord("A") if flipped[position] != ord("A") else ord("B")
        told.append(_answer(at, forge.with_signature_file(signed, bytes(flipped))))

    # The envelope carries the root twice and the trusted one is not taken from it: some bytes of
    # the copies do not matter.
    assert set(told) <= {INTEGRITY, "VALID"}
    assert told.count(INTEGRITY) > 0.7 * len(told)


def _answer(at: Bench, code: bytes) -> str:
    try:
        return under("Enforce", at, code).status
    except ApiError as error:
        return error.message


# -- no configuration, layers


def test_without_a_configuration_nothing_is_checked_or_recorded() -> None:
    at = bench()
    broken = forge.tampered(at.signed(some_zip()), "handler.py", b"x")

    for code in (some_zip(), at.signed(some_zip()), broken):
        assert admit(at.world, at.signer, None, code) == Admission(None, None, "NOT_CHECKED")


def test_without_a_configuration_the_arns_may_be_recorded() -> None:
    at = bench(behaviour=Behaviour(arns_without_config=True))
    signed = at.signed(some_zip())

    got = admit(at.world, at.signer, None, signed)

    assert got.signing_profile_version_arn == at.version_arn
    assert got.signing_job_arn is not None
    broken = forge.tampered(signed, "handler.py", b"x")
    assert admit(at.world, at.signer, None, broken) == Admission(None, None, "NOT_CHECKED")


def test_a_layer_is_taken_anyway_and_named_when_its_signature_is_good() -> None:
    at = bench()
    signed = at.signed(some_zip())

    assert record_only(at.world, at.signer, some_zip()).signing_job_arn is None
    assert (
        record_only(at.world, at.signer, forge.reordered(signed)).signing_profile_version_arn
        is None
    )
    assert record_only(at.world, at.signer, signed).signing_profile_version_arn == at.version_arn


def test_another_accounts_signature_is_told_by_its_publisher() -> None:
    at = bench()
    friend = at.signer.as_account(FRIEND)
    made = friend.put_signing_profile({"profileName": "demo", "platformId": PLATFORM})
    signed = friend.sign_bytes(some_zip(), profile="demo")

    assert message("Enforce", at, signed) == PUBLISHER
    assert under("Enforce", at, signed, made["profileVersionArn"]).status == "VALID"


def test_a_message_without_a_resource_ends_before_it() -> None:
    at = bench()
    with pytest.raises(ApiError) as caught:
        admit(at.world, at.signer, Config("Enforce", ()), some_zip())

    assert caught.value.message == PUBLISHER.removesuffix(
        " Check the provided signature for arn:f."
    )
