"""Attestations with real cryptography: what proves a build, and every way in which it may not."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID

from signed_lambda.attestation import Attested, Found, Wanted
from signed_lambda.attestation.roots import SigstoreRoots
from signed_lambda.errors import AttestationError
from signed_lambda.model import Sha256
from signed_lambda.report.model import Status
from tests.support.sigstore import (
    ARC,
    BUILT,
    Instance,
    Run,
    b64,
    changed,
    der,
    new_key,
    public,
    sign,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    from tests.support.sigstore import Json

BUILD: Final = Sha256.from_hex("a" * 64)
OTHER: Final = Sha256.from_hex("b" * 64)
RUN: Final = Run(sha256=BUILD)
WANTED: Final = Wanted(sha256=BUILD, repository="acme/orders", workflow="")
PUBLIC: Final = Instance(name="public.example")
PRIVATE: Final = Instance(private=True, name="private.example")
ROOTS: Final = SigstoreRoots.read(
    "\n".join(json.dumps(one.roots()) for one in (PUBLIC, PRIVATE)).encode()
)
BOTH: Final = pytest.mark.parametrize("instance", [PUBLIC, PRIVATE], ids=["public", "private"])
ENTRY: Final = ("verificationMaterial", "tlogEntries", 0)
PROOF: Final = (*ENTRY, "inclusionProof")
STAMP: Final = ("verificationMaterial", "timestampVerificationData", "rfc3161Timestamps", 0)
SIGNATURE: Final = ("dsseEnvelope", "signatures", 0, "sig")


def confirm(*bundles: Json, wanted: Wanted = WANTED, roots: SigstoreRoots = ROOTS) -> Attested:
    """What the guard gives."""
    return Attested.confirm(wanted, Found(bundles=bundles), roots)


def refusal(*bundles: Json, wanted: Wanted = WANTED, roots: SigstoreRoots = ROOTS) -> str:
    """What the guard says where it refuses."""
    with pytest.raises(AttestationError) as caught:
        confirm(*bundles, wanted=wanted, roots=roots)
    [problem] = caught.value.problems
    assert problem.id == "E-ATTESTATION-02"
    return problem.what


@BOTH
def test_an_attestation_proves_the_build(instance: Instance) -> None:
    attested = confirm(instance.attest(RUN))

    assert attested == Attested(
        sha256=BUILD,
        workflow="acme/orders/.github/workflows/build.yml@refs/heads/main",
        repository="acme/orders",
        commit="c" * 40,
        signed_at=BUILT + timedelta(seconds=5),
        witness="timestamping authority" if instance.private else "transparency log",
    )
    assert attested.fact().status is Status.OK
    assert "of commit ccccccc, signed 2026-11-20 08:00:05 UTC" in attested.fact().proof


def test_one_good_attestation_among_others_is_enough() -> None:
    other = PUBLIC.attest(replace(RUN, sha256=OTHER))

    assert confirm(other, PRIVATE.attest(RUN)).witness == "timestamping authority"


@pytest.mark.parametrize(
    "workflow",
    [
        "acme/builds/.github/workflows/build.yml",
        "acme/builds/.github/workflows/build.yml@refs/heads/main",
        "Acme/Builds/.github/workflows/build.yml",
    ],
)
def test_a_reusable_workflow_of_another_repository_may_sign_when_it_is_named(workflow: str) -> None:
    run = replace(RUN, workflow="acme/builds/.github/workflows/build.yml@refs/heads/main")

    attested = confirm(PRIVATE.attest(run), wanted=replace(WANTED, workflow=workflow))

    assert attested.workflow == run.workflow


@pytest.mark.parametrize(
    "workflow",
    [
        "acme/builds/.github/workflows/build.yml@refs/heads/other",
        "acme/builds/.github/workflows/other.yml",
        "acme/builds/.github/workflows/Build.yml",
        "acme/build/.github/workflows/build.yml",
        "mallory/builds/.github/workflows/build.yml",
        "",
    ],
)
def test_no_other_workflow_may(workflow: str) -> None:
    run = replace(RUN, workflow="acme/builds/.github/workflows/build.yml@refs/heads/main")

    said = refusal(PRIVATE.attest(run), wanted=replace(WANTED, workflow=workflow))

    assert "it was signed by 'acme/builds/.github/workflows/build.yml@refs/heads/main'" in said


def test_a_repository_whose_name_only_begins_so_is_another() -> None:
    run = replace(RUN, workflow="acme/orders-evil/.github/workflows/build.yml@refs/heads/main")

    assert "it was signed by 'acme/orders-evil/" in refusal(PRIVATE.attest(run))


RUNS: Final = {
    "another file": (replace(RUN, sha256=OTHER), "it is of another file"),
    "another repository": (
        replace(RUN, repository="mallory/orders"),
        "it was made in 'mallory/orders'",
    ),
    "another issuer": (
        replace(RUN, issuer="https://accounts.example"),
        "vouched for by 'https://accounts.example', not by GitHub Actions",
    ),
    "another server": (
        replace(RUN, server="https://github.com.example/"),
        "which is not of https://github.com/",
    ),
    "another name than its workflow": (
        replace(RUN, names=("https://github.com/acme/orders/.github/workflows/x.yml@main",)),
        "names its signer in two ways",
    ),
    "one name too many": (
        replace(
            RUN,
            names=(
                "https://github.com/acme/orders/.github/workflows/build.yml@refs/heads/main",
                "https://github.com/x",
            ),
        ),
        "names its signer in two ways",
    ),
    "an SBOM": (
        replace(RUN, predicate="https://spdx.dev/Document/v2.3"),
        "it is 'https://spdx.dev/Document/v2.3', not https://slsa.dev/provenance/v1",
    ),
    "no statement": (replace(RUN, payload_type="text/plain"), "it is no in-toto statement"),
    "an expired certificate": (
        replace(RUN, signed=BUILT + timedelta(minutes=11)),
        "its certificate was not valid at 2026-11-20T08:11:00+00:00",
    ),
    "a certificate of the future": (
        replace(RUN, signed=BUILT - timedelta(seconds=1)),
        "its certificate was not valid at 2026-11-20T07:59:59+00:00",
    ),
    "a certificate without a name": (replace(RUN, names=()), "its certificate names nobody"),
    "a certificate without a workflow": (
        replace(RUN, without=(9,)),
        f"its certificate lacks the extension {ARC}.9",
    ),
    "a key of another kind": (
        replace(RUN, key=Ed25519PrivateKey.generate()),
        "a key of another kind than ECDSA P-256 or P-384",
    ),
    "a certificate for servers": (
        replace(RUN, purpose=ExtendedKeyUsageOID.SERVER_AUTH),
        "its certificate is for another purpose",
    ),
}


@BOTH
@pytest.mark.parametrize("name", RUNS)
def test_what_is_signed_well_but_says_something_else_is_refused(
    instance: Instance, name: str
) -> None:
    run, why = RUNS[name]

    assert why in refusal(instance.attest(run))


def test_without_its_log_entry_an_attestation_of_a_public_repository_proves_nothing() -> None:
    assert "it is in no transparency log" in refusal(PUBLIC.attest(replace(RUN, logged=False)))


def test_a_timestamp_is_no_substitute_for_the_log() -> None:
    bundle = PUBLIC.attest(replace(RUN, logged=False))
    signature = base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"])
    stamp = {"signedTimestamp": b64(PRIVATE.stamp(signature, RUN.signed))}
    with_stamp = changed(bundle, *STAMP[:2], to={"rfc3161Timestamps": [stamp]})

    assert "it is in no transparency log" in refusal(with_stamp)


def test_a_certificate_that_no_log_promised_to_publish_is_refused() -> None:
    bundle = PUBLIC.attest(replace(RUN, promised_by=bytes(32)))

    assert "its certificate is in no log of certificates that the roots name" in refusal(bundle)


def test_a_certificate_without_any_promise_is_refused() -> None:
    bundle = PUBLIC.attest(replace(RUN, promised=False))

    assert "its certificate is in no log of certificates" in refusal(bundle)


def test_a_promise_is_of_a_thousandth_of_a_second() -> None:
    issued = BUILT + timedelta(milliseconds=123)

    assert confirm(PUBLIC.attest(replace(RUN, issued=issued))).sha256 == BUILD


def test_a_commit_that_the_certificate_does_not_name_is_left_empty() -> None:
    attested = confirm(PRIVATE.attest(replace(RUN, without=(13,))))

    assert attested.commit == ""
    assert "in acme/orders, signed" in attested.fact().proof


@pytest.mark.parametrize("named", [True, False], ids=["in the log's name", "in its own"])
def test_a_promise_of_another_key_is_refused(*, named: bool) -> None:
    mallory = Instance(name=PUBLIC.name, log_key=PUBLIC.log_key, ct_key=new_key())
    mallory.__dict__["authority"] = PUBLIC.authority
    log = hashlib.sha256(public(PUBLIC.ct_key)).digest() if named else None

    said = refusal(mallory.attest(replace(RUN, promised_by=log)))

    assert "in no log of certificates that the roots name" in said


def test_an_authority_of_the_same_name_is_refused() -> None:
    mallory = Instance(private=True, name=PRIVATE.name)

    said = refusal(mallory.attest(RUN))

    assert "its timestamp is of no authority that the roots name for that time" in said


def test_an_authority_of_the_same_name_with_the_true_timestamps_is_refused() -> None:
    mallory = Instance(private=True, name=PRIVATE.name)
    mallory.__dict__["tsa"], mallory.tsa_key = PRIVATE.tsa, PRIVATE.tsa_key

    assert "was not issued by the authority that it names" in refusal(mallory.attest(RUN))


def test_an_authority_that_the_roots_do_not_name_is_refused() -> None:
    said = refusal(Instance(private=True, name="mallory.example").attest(RUN))

    assert "its certificate is of 'O=mallory.example,CN=intermediate', which attestation" in said


def test_a_certificate_that_a_signer_issued_is_refused() -> None:
    """A signer is no authority: what its key signs is of its name, and nothing more."""
    key, below = new_key(), new_key()
    leaf = PRIVATE.authority.leaf(key, BUILT, RUN.extensions).sign(PRIVATE.authority.key, SHA256())
    forged = PRIVATE.authority.leaf(below, BUILT, RUN.extensions).sign(key, SHA256())
    bundle = signed_with(PRIVATE.attest(RUN), below, forged)

    assert leaf.issuer == forged.issuer
    assert "was not issued by the authority that it names" in refusal(bundle)


def signed_with(
    bundle: Json, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
) -> Json:
    """The same statement, signed and stamped anew."""
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    kind = bundle["dsseEnvelope"]["payloadType"].encode()
    signature = sign(key, b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload))
    made = changed(bundle, *SIGNATURE, to=b64(signature))
    made = changed(made, *STAMP, "signedTimestamp", to=b64(PRIVATE.stamp(signature, RUN.signed)))
    return changed(
        made, "verificationMaterial", "certificate", "rawBytes", to=b64(der(certificate))
    )


CHANGES: Final = {
    "of another version": (PUBLIC, ("mediaType",), "x;version=0.1", "a bundle of another version"),
    "without an envelope": (PUBLIC, ("dsseEnvelope",), None, "0 signatures, not one"),
    "signed twice": (
        PUBLIC,
        ("dsseEnvelope", "signatures"),
        [{"sig": "AA=="}] * 2,
        "2 signatures, not one",
    ),
    "without a certificate": (
        PRIVATE,
        ("verificationMaterial", "certificate"),
        None,
        "it has no certificate",
    ),
    "with half a certificate": (
        PRIVATE,
        ("verificationMaterial", "certificate", "rawBytes"),
        "MIIB",
        "its certificate cannot be read",
    ),
    "not base64": (PUBLIC, SIGNATURE, "?", "sig is not base64"),
    "with a list that is none": (PUBLIC, ENTRY[:2], {"0": 1}, "tlogEntries is not a list"),
    "with many entries": (PUBLIC, ENTRY[:2], [{}] * 33, "more than 32 log entries"),
    "of another log": (
        PUBLIC,
        (*ENTRY, "logId", "keyId"),
        b64(bytes(32)),
        "of a log that the roots do not name",
    ),
    "without a proof": (PUBLIC, PROOF, None, "has no inclusion proof with a checkpoint"),
    "without a checkpoint": (
        PUBLIC,
        (*PROOF, "checkpoint"),
        None,
        "has no inclusion proof with a checkpoint",
    ),
    "beyond the end": (PUBLIC, (*PROOF, "logIndex"), "9", "lies beyond the log's end"),
    "with a proof that is too long": (
        PUBLIC,
        (*PROOF, "hashes"),
        [b64(bytes(32))] * 40,
        "proof is too long",
    ),
    "with a proof that is too short": (
        PUBLIC,
        (*PROOF, "hashes"),
        [],
        "does not lead to the log's root",
    ),
    "without a time of the log": (
        PUBLIC,
        (*ENTRY, "integratedTime"),
        None,
        "nobody vouches for the time",
    ),
    "without the log's promise": (
        PUBLIC,
        (*ENTRY, "inclusionPromise"),
        None,
        "nobody vouches for the time",
    ),
    "with a time that overflows": (
        PUBLIC,
        (*ENTRY, "integratedTime"),
        "9" * 20,
        "signed timestamp does not verify",
    ),
    "of another kind": (PUBLIC, (*ENTRY, "kindVersion", "version"), "0.0.2", "not dsse/0.0.1"),
    "without timestamps": (PRIVATE, STAMP[:3], None, "nobody vouches for the time"),
    "with a timestamp cut off": (
        PRIVATE,
        (*STAMP, "signedTimestamp"),
        "MIIB",
        "its timestamp is not of its form",
    ),
    "with a timestamp of another signature": (
        PRIVATE,
        (*STAMP, "signedTimestamp"),
        b64(PRIVATE.stamp(b"another", BUILT)),
        "its timestamp is of another signature",
    ),
    "with a timestamp without a token": (
        PRIVATE,
        (*STAMP, "signedTimestamp"),
        b64(bytes.fromhex("30053003020100")),
        "its timestamp has no token",
    ),
    "with a timestamp of other content": (
        PRIVATE,
        (*STAMP, "signedTimestamp"),
        b64(PRIVATE.stamp(b"x", BUILT, content="data")),
        "its timestamp's content is of another kind",
    ),
    "with a timestamp of two signers": (
        PRIVATE,
        (*STAMP, "signedTimestamp"),
        b64(PRIVATE.stamp(b"x", BUILT, signers=2)),
        "its timestamp has not exactly one signer",
    ),
    "with a timestamp that says a thing twice": (
        PRIVATE,
        (*STAMP, "signedTimestamp"),
        b64(PRIVATE.stamp(b"x", BUILT, doubled=True)),
        "its timestamp says something twice",
    ),
    "with a list of certificates that are none": (
        PRIVATE,
        ("verificationMaterial", "certificate"),
        None,
        "it has no certificate",
    ),
    "with an index below nothing": (PUBLIC, (*ENTRY, "logIndex"), -1, "logIndex is not a number"),
    "with an index that is true": (PUBLIC, (*ENTRY, "logIndex"), True, "logIndex is not a number"),
    "with a time before all": (
        PUBLIC,
        (*ENTRY, "integratedTime"),
        10,
        "signed timestamp does not verify",
    ),
    "with a timestamp that was rejected": (
        PRIVATE,
        (*STAMP, "signedTimestamp"),
        b64(PRIVATE.stamp(b"x", BUILT, status="rejection")),
        "its timestamp was not granted",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_bundle_that_is_not_whole_says_what_is_wrong(name: str) -> None:
    instance, path, to, why = CHANGES[name]

    assert why in refusal(changed(instance.attest(RUN), *path, to=to))


def leaves(value: object, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """Every text in a bundle."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from leaves(inside, *path, name)
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            yield from leaves(inside, *path, index)
    else:
        yield path


@BOTH
def test_nothing_in_a_bundle_can_be_changed(instance: Instance) -> None:
    bundle = instance.attest(RUN)
    stamp = (*STAMP, "signedTimestamp")
    places = [path for path in leaves(bundle) if path != stamp]

    for path in places:
        text = at(bundle, path)
        middle = len(text) // 2
        other = next(c for c in "1BQ" if c != text[middle])
        refusal(changed(bundle, *path, to=text[:middle] + other + text[middle + 1 :]))
    assert len(places) == (5 if instance.private else 20)


@pytest.mark.parametrize("tag", [0x03, 0x05, 0x1E, 0x30], ids=hex)
def test_a_certificate_whose_names_cannot_be_read_is_refused(tag: int) -> None:
    bundle = PRIVATE.attest(RUN)
    path = ("verificationMaterial", "certificate", "rawBytes")
    name = b"intermediate"
    whole = base64.b64decode(at(bundle, path))
    assert whole.count(b"\x0c\x0c" + name) == 1
    hostile = whole.replace(b"\x0c\x0c" + name, bytes((tag, len(name))) + name)

    said = refusal(changed(bundle, *path, to=b64(hostile)))

    assert "its certificate cannot be read" in said or "attestation-roots does not name" in said


def test_no_change_of_a_timestamp_moves_its_time() -> None:
    bundle = PRIVATE.attest(RUN)
    path = (*STAMP, "signedTimestamp")
    stamp = base64.b64decode(at(bundle, path))
    refused = 0

    for index in range(len(stamp)):
        for bit in (1, 128):
            other = stamp[:index] + bytes((stamp[index] ^ bit,)) + stamp[index + 1 :]
            try:
                assert confirm(changed(bundle, *path, to=b64(other))).signed_at == RUN.signed
            except AttestationError:
                refused += 1
    assert refused > len(stamp)


def at(value: Json, path: tuple[str | int, ...]) -> str:
    """The text at a place."""
    inside: object = value
    for name in path:
        inside = inside[name]  # type: ignore[index]
    assert isinstance(inside, str)
    return inside


def test_a_log_entry_of_another_run_is_not_this_ones() -> None:
    one, again = PUBLIC.attest(RUN), PUBLIC.attest(RUN)
    other = PUBLIC.attest(replace(RUN, sha256=OTHER))
    entries = [b["verificationMaterial"]["tlogEntries"][0] for b in (again, other)]

    said = [refusal(changed(one, *ENTRY, to=entry)) for entry in entries]

    assert "its log entry is of another signature" in said[0]
    assert "its log entry is of another statement" in said[1]


def test_a_good_log_entry_beside_a_strange_one_proves_nothing() -> None:
    one, other = PUBLIC.attest(RUN), PUBLIC.attest(replace(RUN, sha256=OTHER))
    entries = [b["verificationMaterial"]["tlogEntries"][0] for b in (one, other)]

    assert "of another statement" in refusal(changed(one, *ENTRY[:2], to=entries))


def test_a_checkpoint_of_another_tree_of_the_same_log_proves_nothing() -> None:
    one, other = PUBLIC.attest(RUN), PUBLIC.attest(replace(RUN, sha256=OTHER))
    path = (*PROOF, "checkpoint", "envelope")

    said = refusal(changed(one, *path, to=at(other, path)))

    assert "its log entry's checkpoint is of another tree" in said


def test_numbers_may_be_written_as_numbers() -> None:
    bundle = PUBLIC.attest(RUN)
    for path in ((*ENTRY, "logIndex"), (*ENTRY, "integratedTime"), (*PROOF, "treeSize")):
        bundle = changed(bundle, *path, to=int(at(bundle, path)))

    assert confirm(bundle).witness == "transparency log"


def test_a_bundle_of_the_version_before_brings_a_chain() -> None:
    bundle = PRIVATE.attest(RUN)
    material = bundle["verificationMaterial"]
    chain = {"certificates": [material.pop("certificate"), {"rawBytes": "AAAA"}]}
    bundle["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2"

    material["x509CertificateChain"] = chain
    attested = confirm(bundle)
    material["x509CertificateChain"] = {"certificates": ["x"]}

    assert attested.sha256 == BUILD
    assert "certificates is not a list of objects" in refusal(bundle)


def test_a_timestamp_is_kept_to_the_millionth() -> None:
    at_ = BUILT + timedelta(seconds=5, microseconds=250)

    assert confirm(PRIVATE.attest(replace(RUN, signed=at_))).signed_at == at_


@pytest.mark.parametrize(
    ("instance", "why"),
    [
        (
            Instance(private=True, tsa_purpose=ExtendedKeyUsageOID.CODE_SIGNING),
            "its certificate is for another purpose",
        ),
        (
            Instance(private=True, tsa_until=BUILT),
            "its certificate was not valid at 2026-11-20T08:00:05+00:00",
        ),
    ],
    ids=["for something else", "expired"],
)
def test_a_timestamping_authority_must_be_one(instance: Instance, why: str) -> None:
    roots = SigstoreRoots.read(json.dumps(instance.roots()).encode())

    assert why in refusal(instance.attest(RUN), roots=roots)


def test_periods_end_with_their_last_moment() -> None:
    roots = PRIVATE.roots()
    whole = {"start": "2026-11-20T08:00:05Z", "end": "2026-11-20T08:00:05Z"}
    for name in ("certificateAuthorities", "timestampAuthorities"):
        roots[name][0]["validFor"] = whole

    read = SigstoreRoots.read(json.dumps(roots).encode())

    assert confirm(PRIVATE.attest(RUN), roots=read).signed_at == RUN.signed


def test_a_log_whose_key_was_not_yet_valid_proves_nothing() -> None:
    roots = PUBLIC.roots()
    roots["tlogs"][0]["publicKey"]["validFor"] = {"start": "2026-11-21T00:00:00Z"}
    read = SigstoreRoots.read(json.dumps(roots).encode())

    assert "when the log's key was not valid" in refusal(PUBLIC.attest(RUN), roots=read)


@pytest.mark.parametrize("part", ["dsseEnvelope", "verificationMaterial"])
@BOTH
def test_parts_of_two_good_attestations_make_no_third(instance: Instance, part: str) -> None:
    one, two = instance.attest(RUN), instance.attest(replace(RUN, sha256=OTHER))

    refusal(one | {part: two[part]})
    refusal(two | {part: one[part]})


@BOTH
def test_the_certificate_of_another_run_of_the_same_workflow_is_not_this_ones(
    instance: Instance,
) -> None:
    one, two = instance.attest(RUN), instance.attest(RUN)
    path = ("verificationMaterial", "certificate")

    said = refusal(changed(one, *path, to=two["verificationMaterial"]["certificate"]))

    assert ("signature does not verify" if instance.private else "another certificate") in said


def test_an_entry_is_found_wherever_it_stands_in_a_log_of_any_size() -> None:
    log = Instance(name=PUBLIC.name, log_key=PUBLIC.log_key, ct_key=PUBLIC.ct_key)
    log.__dict__["authority"] = PUBLIC.authority

    for size in range(1, 18):
        for index in range(size):
            log.others = index, size - index - 1
            confirm(log.attest(RUN))


def test_a_checkpoint_that_another_key_signed_proves_nothing() -> None:
    bundle = PUBLIC.attest(RUN)
    proof = bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
    note = proof["checkpoint"]["envelope"].partition("\n\n")[0] + "\n"
    hint = base64.b64decode(proof["checkpoint"]["envelope"].split()[-1])[:4]
    forged = f"{note}\n\u2014 log.example {b64(hint + sign(new_key(), note.encode()))}\n"

    said = refusal(changed(bundle, *PROOF, "checkpoint", "envelope", to=forged))

    assert "its log entry's checkpoint is not signed by the log" in said


def test_an_authority_that_is_no_longer_believed_issued_nothing_after_that() -> None:
    roots = [PRIVATE.roots(), PRIVATE.roots()]
    ended = {"start": "2025-01-01T00:00:00Z", "end": "2026-11-19T00:00:00Z"}
    roots[0]["certificateAuthorities"][0]["validFor"] = ended
    roots[1]["timestampAuthorities"][0]["validFor"] = ended
    read = [SigstoreRoots.read(json.dumps(one).encode()) for one in roots]
    bundle = PRIVATE.attest(RUN)

    assert "its certificate is of no authority that the roots name for" in refusal(
        bundle, roots=read[0]
    )
    assert "its timestamp is of no authority" in refusal(bundle, roots=read[1])


def test_authorities_that_were_renewed_are_all_believed_in_their_time() -> None:
    old, new = Instance(private=True, name="renewed"), Instance(private=True, name="renewed")
    both = old.roots()
    for name in ("certificateAuthorities", "timestampAuthorities"):
        both[name] += new.roots()[name]
    roots = SigstoreRoots.read(json.dumps(both).encode())

    assert confirm(new.attest(RUN), roots=roots) == confirm(old.attest(RUN), roots=roots)


def test_roots_of_several_files_may_name_an_instance_twice() -> None:
    old, new = Instance(private=True, name="renewed"), Instance(private=True, name="renewed")
    lines = "\n".join(json.dumps(one.roots()) for one in (old, new))

    roots = SigstoreRoots.read(lines.encode())

    assert confirm(new.attest(RUN), roots=roots) == confirm(old.attest(RUN), roots=roots)


def test_every_refused_attestation_is_told_up_to_three() -> None:
    runs = [replace(RUN, sha256=OTHER), replace(RUN, repository="b/b"), RUN, RUN]
    bad = [changed(PRIVATE.attest(r), *SIGNATURE, to="AA==") for r in runs[2:]]

    said = refusal(*(PRIVATE.attest(r) for r in runs[:2]), *bad)

    assert "it is of another file; it was made in 'b/b'; its timestamp is of another" in said
    assert said.endswith("; 1 more")


def test_without_any_attestation_it_is_told_whether_github_was_asked() -> None:
    said = []
    for notice in ("", "GitHub answered 500"):
        with pytest.raises(AttestationError) as caught:
            Attested.confirm(WANTED, Found(notice=notice), ROOTS)
        said += [(p.id, p.what) for p in caught.value.problems]

    assert said == [
        (
            "E-ATTESTATION-01",
            f"acme/orders has no attestation of sha256:{BUILD.hex} that this token may read",
        ),
        (
            "E-ATTESTATION-03",
            f"whether sha256:{BUILD.hex} is attested is not known: GitHub answered 500",
        ),
    ]


ROOT_FILES: Final = {
    "empty": (b"", "empty"),
    "HTML": (b"<!DOCTYPE html>", "Expecting value"),
    "not UTF-8": (b"\xff", "can't decode"),
    "nested": (b"[" * 100_000, "recursion depth"),
    "a bundle": (json.dumps(PUBLIC.attest(RUN)).encode(), "not a trusted root's"),
    "a list": (b"[]", "it has no mediaType"),
    "nobody": (
        json.dumps(PUBLIC.roots() | {"certificateAuthorities": []}).encode(),
        "names no certificate authority",
    ),
    "no witness": (
        json.dumps(PUBLIC.roots() | {"tlogs": []}).encode(),
        "names nobody who says when something was signed",
    ),
    "an authority without certificate": (
        json.dumps(PUBLIC.roots() | {"certificateAuthorities": [{}]}).encode(),
        "has no certificate",
    ),
    "a time without zone": (
        json.dumps(
            changed(
                PUBLIC.roots(),
                *("certificateAuthorities", 0, "validFor", "start"),
                to="2025-01-01T00:00:00",
            )
        ).encode(),
        "a time without its zone",
    ),
}


@pytest.mark.parametrize("name", ROOT_FILES)
def test_a_file_that_holds_no_roots_says_so(name: str) -> None:
    data, why = ROOT_FILES[name]

    with pytest.raises(ValueError, match=why):
        SigstoreRoots.read(data)


def test_a_root_of_one_instance_may_be_written_over_many_lines() -> None:
    roots = SigstoreRoots.read(json.dumps(PUBLIC.roots(), indent=2).encode())

    assert confirm(PUBLIC.attest(RUN), roots=roots).witness == "transparency log"


def test_a_log_whose_key_is_of_another_kind_does_not_make_logs_optional() -> None:
    roots = PUBLIC.roots()
    ed25519 = "MCowBQYDK2VwAyEA" + b64(hashlib.sha256(b"key").digest())
    roots["tlogs"][0]["publicKey"]["rawBytes"] = ed25519

    with pytest.raises(ValueError, match="none of tlogs has an ECDSA P-256 key"):
        SigstoreRoots.read(json.dumps(roots).encode())
