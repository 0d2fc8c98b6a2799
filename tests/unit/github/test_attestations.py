"""What GitHub says of a file's attestations: bundles as they are, or why there are none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from signed_lambda.attestation import Found
from signed_lambda.errors import Cancelled
from signed_lambda.github import find_attestations
from signed_lambda.model import Sha256
from tests.support.github_server import User
from tests.support.sigstore import Instance, Run

if TYPE_CHECKING:
    from signed_lambda.github import Access
    from tests.support.github_server import GitHubServer

FILE: Final = Sha256.from_hex("a" * 64)
BUNDLE: Final = Instance(private=True).attest(Run(sha256=FILE))


def test_each_bundle_comes_as_it_is(server: GitHubServer, access: Access) -> None:
    server.attestations[FILE.hex] = [{"bundle": BUNDLE}, {"bundle": BUNDLE}]

    found = find_attestations("acme/orders", FILE, access)

    assert found == Found(bundles=(BUNDLE, BUNDLE))
    [asked] = server.seen
    assert asked.query == {"per_page": "30", "predicate_type": "provenance"}


def test_none_is_not_a_failure(server: GitHubServer, access: Access) -> None:
    found = find_attestations("acme/orders", FILE, access)

    assert (found, len(server.seen)) == (Found(), 1)


def test_one_that_github_does_not_hand_out_is_told(server: GitHubServer, access: Access) -> None:
    server.attestations[FILE.hex] = [{"bundle": BUNDLE}, {}]

    found = find_attestations("acme/orders", FILE, access)

    assert found == Found(bundles=(BUNDLE,), notice="GitHub gave 1 of 2 without what was signed")


def test_a_token_without_the_right_is_told_so(server: GitHubServer, access: Access) -> None:
    server.attestations[FILE.hex] = [{"bundle": BUNDLE}]
    server.users["ghs_ours"] = User("github-actions[bot]", attestations="none")

    found = find_attestations("acme/orders", FILE, access)

    assert found == Found(notice="the token may not read attestations (403)")


@pytest.mark.parametrize("body", [{"message": "x"}, [], {"attestations": [1]}, b"<html>"])
def test_an_answer_that_is_not_githubs_proves_nothing(
    server: GitHubServer, access: Access, body: object
) -> None:
    server.fail("attestations", 200, body=body, times=9)

    found = find_attestations("acme/orders", FILE, access)

    assert found.bundles == ()
    assert found.notice.startswith("an unexpected answer came instead of GitHub's")


def test_a_failure_that_passes_is_waited_for(server: GitHubServer, access: Access) -> None:
    server.attestations[FILE.hex] = [{"bundle": BUNDLE}]
    server.fail("attestations", 502)

    assert find_attestations("acme/orders", FILE, access) == Found(bundles=(BUNDLE,))


def test_a_cancelled_run_knows_nothing(server: GitHubServer, access: Access) -> None:
    def check() -> None:
        raise Cancelled.of("E-CANCEL-01", "stopped", "Run it again")

    found = find_attestations("acme/orders", FILE, replace(access, check=check))

    assert found == Found(notice="the job was cancelled")
    assert server.seen == []
