"""T20: a rollback only ever goes to a version that verifies again."""

from __future__ import annotations

import base64

import pytest

from tests.attacks.conftest import evil_zip, nothing_moves
from tests.support.action import Team


@pytest.fixture
def twice(released: Team) -> Team:
    """Two releases: live at 2, previous 1."""
    released.deployed()
    return released


def job_of(team: Team, version: str) -> str:
    """The signing job that Lambda recorded on a version."""
    answer = team.client("lambda").get_function_configuration(
        FunctionName=team.estate.function, Qualifier=version
    )
    return answer["SigningJobArn"].rsplit("/", 1)[-1]


def test_rollback_moves_to_the_previous_version_by_one_write(twice: Team) -> None:
    ended = twice.run("rollback", reason="orders fail")

    alias = twice.alias()
    assert ended.exit_code == 0, ended.log
    assert alias is not None
    assert alias["FunctionVersion"] == "1"
    assert "previous=2" in alias["Description"]
    assert "reason=orders fail" in alias["Description"]
    assert ended.writes == ["UpdateAlias"]
    assert ended.outputs["outcome"] == "rolled-back"
    assert ended.outputs["previous-version"] == "2"


def test_a_rollback_tells_the_hashes_of_the_version_it_went_back_to(released: Team) -> None:
    first = released.run("verify").outputs
    released.deployed()

    ended = released.run("rollback")

    told = ("version", "version-arn", "code-sha256", "config-sha256")
    assert ended.exit_code == 0, ended.log
    assert [ended.outputs[name] for name in told] == [first[name] for name in told]
    assert all(ended.outputs[name] for name in told)


@pytest.mark.parametrize("form", ["number", "code", "hash-alias"])
def test_every_form_of_target_finds_the_version(twice: Team, form: str) -> None:
    hashes = dict(twice.versions())
    aliases = twice.client("lambda").list_aliases(
        FunctionName=twice.estate.function, FunctionVersion="1"
    )["Aliases"]
    to = {
        "number": "1",
        "code": "sha256:" + base64.b64decode(hashes["1"]).hex(),
        "hash-alias": next(a["Name"] for a in aliases if a["Name"].startswith("HASH-")),
    }[form]

    ended = twice.run("rollback", to=to)

    assert ended.exit_code == 0, ended.log
    assert ended.outputs["version"] == "1"
    assert ended.writes == ["UpdateAlias"]


def test_the_current_version_as_target_writes_nothing(twice: Team) -> None:
    ended = twice.run("rollback", to="2")

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "unchanged")
    assert ended.writes == []


@pytest.mark.parametrize(
    ("to", "error_id"),
    [
        ("99", "E-TARGET-01"),
        ("sha256:" + "0" * 64, "E-TARGET-01"),
        ("HASH-" + "0" * 64, "E-TARGET-01"),
    ],
)
def test_a_target_that_does_not_exist_is_refused_with_the_list(
    twice: Team, to: str, error_id: str
) -> None:
    with nothing_moves(twice):
        ended = twice.run("rollback", to=to)

    assert (ended.exit_code, ended.error_ids) == (26, [error_id])
    assert "Choose one of: 1 (" in ended.log
    assert ended.writes == []


def test_the_build_hash_given_for_the_code_hash_is_explained(twice: Team) -> None:
    build = twice.run("plan").outputs["build-sha256"]

    ended = twice.run("rollback", to=f"sha256:{build}")

    assert ended.error_ids == ["E-TARGET-01"]
    assert "unsigned build of version 2" in ended.log


def test_a_version_whose_job_was_revoked_is_refused(twice: Team) -> None:
    twice.sandbox.acts.revoke_job(job_of(twice, "1"))

    with nothing_moves(twice):
        ended = twice.run("rollback")

    assert (ended.exit_code, ended.error_ids) == (26, ["E-TARGET-04"])


def test_a_version_whose_profile_was_revoked_is_refused(twice: Team) -> None:
    twice.sandbox.acts.revoke_profile(twice.estate.profile)

    with nothing_moves(twice):
        ended = twice.run("rollback")

    assert ended.exit_code in (22, 26)


def test_a_version_whose_publisher_is_no_longer_allowed_is_refused(twice: Team) -> None:
    signer, lambda_ = twice.client("signer"), twice.client("lambda")
    other = signer.put_signing_profile(profileName="next", platformId="AWSLambda-SHA384-ECDSA")
    lambda_.update_code_signing_config(
        CodeSigningConfigArn=twice.estate.code_signing_config_arn,
        AllowedPublishers={"SigningProfileVersionArns": [other["profileVersionArn"]]},
    )

    with nothing_moves(twice):
        ended = twice.run("rollback")

    assert (ended.exit_code, ended.error_ids) == (26, ["E-TARGET-04"])


def test_an_unsigned_version_is_refused_unless_allowed(team: Team) -> None:
    function = team.estate.function
    team.sandbox.acts.remove_code_signing(function)
    team.sandbox.acts.console_edit_code(function, evil_zip())
    team.sandbox.acts.publish(function)
    team.client("lambda").put_function_code_signing_config(
        FunctionName=function, CodeSigningConfigArn=team.estate.code_signing_config_arn
    )
    team.deployed()

    with nothing_moves(team):
        ended = team.run("rollback", to="1")

    assert (ended.exit_code, ended.error_ids) == (26, ["E-TARGET-03"])
    allowed = team.run("rollback", to="1", allow_unsigned="true")
    assert allowed.exit_code == 0, allowed.log
    assert any("UNSIGNED" in w for w in allowed.report["warnings"])


def test_no_previous_version_is_told_with_what_can_be_chosen(team: Team) -> None:
    team.deployed()

    with nothing_moves(team):
        ended = team.run("rollback")

    assert (ended.exit_code, ended.error_ids) == (26, ["E-TARGET-02"])
    assert "no other version was ever published" in ended.log


def test_rollback_of_an_alias_that_does_not_exist_is_refused(team: Team) -> None:
    ended = team.run("rollback")

    assert (ended.exit_code, ended.error_ids) == (18, ["E-ALIAS-04"])


def test_promote_moves_another_alias_to_the_same_version(twice: Team) -> None:
    ended = twice.run("promote", from_alias="live", alias="prod")

    prod = twice.alias("prod")
    assert ended.exit_code == 0, ended.log
    assert prod is not None
    assert prod["FunctionVersion"] == "2"
    assert ended.writes == ["CreateAlias"]
    assert ended.outputs["outcome"] == "promoted"


def test_promote_from_a_missing_alias_is_refused(twice: Team) -> None:
    ended = twice.run("promote", from_alias="nowhere", alias="prod")

    assert (ended.exit_code, ended.error_ids) == (26, ["E-TARGET-08"])


def test_verify_says_verified_and_then_drifted(twice: Team) -> None:
    verified = twice.run("verify")
    twice.sandbox.acts.revoke_job(job_of(twice, "2"))

    drifted = twice.run("verify")

    assert (verified.exit_code, verified.outputs["outcome"]) == (0, "verified")
    assert (drifted.exit_code, drifted.outputs["outcome"]) == (35, "drifted")
    assert drifted.error_ids == ["E-DRIFT-01", "E-TARGET-04"]
    assert verified.writes == drifted.writes == []
