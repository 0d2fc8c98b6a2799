"""T10, T11, T13: profile, signing job, signed zip, code-signing configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.conftest import alias_stands, nothing_moves
from tests.support.action import Team
from tests.support.roots import other_root_pem

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_canceled_profile_is_refused_before_any_write(released: Team) -> None:
    released.sandbox.acts.cancel_profile(released.estate.profile)

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (15, ["E-PROFILE-03"])
    assert ended.writes == []


def test_a_revoked_profile_is_refused_before_any_write(released: Team) -> None:
    released.sandbox.acts.revoke_profile(released.estate.profile)

    with nothing_moves(released):
        ended = released.run()

    assert "E-PROFILE-03" in ended.error_ids
    assert ended.writes == []


def test_an_unknown_profile_is_refused_before_any_write(released: Team) -> None:
    with nothing_moves(released):
        ended = released.run(signing_profile="nobody_knows")

    assert (ended.exit_code, ended.error_ids) == (15, ["E-PROFILE-01"])
    assert ended.writes == []


def test_a_profile_of_another_platform_is_refused(released: Team) -> None:
    released.client("signer").put_signing_profile(
        profileName="for_images", platformId="Notation-OCI-SHA384-ECDSA"
    )

    ended = released.run(signing_profile="for_images")

    assert "E-PROFILE-04" in ended.error_ids
    assert ended.writes == []


def test_a_profile_that_is_no_allowed_publisher_is_refused(released: Team) -> None:
    released.client("signer").put_signing_profile(
        profileName="other", platformId="AWSLambda-SHA384-ECDSA"
    )

    ended = released.run(signing_profile="other")

    assert (ended.exit_code, ended.error_ids) == (16, ["E-CODESIGNING-03"])
    assert ended.writes == []


@pytest.mark.parametrize(
    ("act", "error_id"),
    [
        (lambda t: t.sandbox.acts.remove_code_signing(t.estate.function), "E-CODESIGNING-01"),
        (
            lambda t: t.sandbox.acts.set_code_signing_policy(t.estate.function, "Warn"),
            "E-CODESIGNING-02",
        ),
    ],
)
def test_code_signing_that_enforces_nothing_is_refused(
    released: Team, act: Callable[[Team], None], error_id: str
) -> None:
    act(released)

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (16, [error_id])
    assert ended.writes == []


@pytest.mark.parametrize("act", ["remove_code_signing", "warn"])
def test_code_signing_weakened_while_we_work_stops_the_move(released: Team, act: str) -> None:
    def weaken(sandbox: object) -> None:
        acts, function = released.sandbox.acts, released.estate.function
        if act == "warn":
            acts.set_code_signing_policy(function, "Warn")
        else:
            acts.remove_code_signing(function)

    released.sandbox.before("PublishVersion", weaken)

    with alias_stands(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (16, ["E-CODESIGNING-05"])
    assert f"policy Enforce, publishers {released.estate.profile}/" in ended.log


def test_a_job_revoked_before_the_update_is_refused_by_lambda_and_told(released: Team) -> None:
    def revoke(sandbox: object) -> None:
        calls = [c for c in released.sandbox.calls if c.operation == "DescribeSigningJob"]
        released.sandbox.acts.revoke_job(calls[-1].params["jobId"])

    released.sandbox.before("UpdateFunctionCode", revoke)

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (24, ["E-LAMBDA-04"])


def test_a_zip_signed_under_another_root_is_refused(released: Team) -> None:
    (released.workspace / "other-root.pem").write_bytes(other_root_pem())

    with nothing_moves(released):
        ended = released.run(signer_root="other-root.pem")

    assert ended.exit_code == 22


def test_warn_is_enough_where_it_was_asked_for(released: Team) -> None:
    released.sandbox.acts.set_code_signing_policy(released.estate.function, "Warn")

    ended = released.run(require_code_signing="warn")

    assert ended.exit_code == 0
    assert any("Warn" in w for w in ended.report["warnings"])
