"""Scenarios in which one guard alone stops the run: its neighbours are satisfied or lied to.

Most attacks are stopped twice, by AWS and by us. Each test here arranges that everything but one
check agrees, so that removing that check is seen (tools/guards.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lambda_sandbox.signer import forge
from signed_lambda.cloud import RevisionMovedError
from signed_lambda.confighash import canonical, code_and_config, unqualified
from signed_lambda.errors import DeadlineError
from signed_lambda.model import Sha256
from signed_lambda.records import AliasRecord, alias_seal
from tests.attacks.conftest import alias_stands, nothing_moves
from tests.support.action import Team
from tests.support.lying import Lie, lying
from tests.support.roots import other_root_pem

if TYPE_CHECKING:
    from collections.abc import Callable

    from signed_lambda.cloud import Download, HeldVersion

OTHER = Sha256(b"\x07" * 32)


def changed(**members: object) -> Lie:
    """The true answer with other members."""
    return lambda real, *args, **named: replace(real(*args, **named), **members)


def signed_key(team: Team) -> str:
    """The newest object under signed/."""
    found = team.client("s3").list_objects_v2(
        Bucket=team.estate.bucket, Prefix="signed-lambda/signed/"
    )["Contents"]
    return str(max(found, key=lambda o: o["LastModified"])["Key"])


def replace_signed(team: Team, make: Callable[[bytes], bytes]) -> None:
    """Somebody writes over the signed object just before it is downloaded."""

    def overwrite(_: object) -> None:
        bucket, key = team.estate.bucket, signed_key(team)
        body = team.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        team.sandbox.acts.put_object(bucket, key, make(body))

    team.sandbox.before("GetObject", overwrite)


# -- the bucket


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        (changed(sha256=OTHER), f"with checksum {OTHER}"),
        (changed(sha256=None), "with checksum None"),
        (changed(version_id="null"), "as version null"),
        (changed(version_id=None), "as version None"),
    ],
)
def test_an_upload_that_s3_does_not_confirm_is_refused(released: Team, lie: Lie, told: str) -> None:
    released.wrap = lying(put_object=lie)

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (14, ["E-BUCKET-07"])
    assert told in ended.log
    assert ended.writes == ["PutObject"]


@pytest.mark.parametrize("version_id", ["null", None])
def test_an_object_of_the_time_before_versioning_is_refused(
    released: Team, version_id: str | None
) -> None:
    released.sandbox.faults.add("StartSigningJob", "denied", times=1)
    assert released.run().exit_code == 28
    released.wrap = lying(get_object=changed(version_id=version_id))

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (14, ["E-BUCKET-07"])
    assert ended.writes == []


def test_an_object_that_exists_and_is_gone_when_it_is_read_is_told(released: Team) -> None:
    released.sandbox.faults.add("StartSigningJob", "denied", times=1)
    assert released.run().exit_code == 28
    released.wrap = lying(get_object=lambda _real, *_args: None)

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (14, ["E-BUCKET-06"])


# -- the signing job


@pytest.mark.parametrize(
    ("members", "error_id"),
    [
        ({"source": ("acme-artifacts", "signed-lambda/unsigned/x.zip", "v1")}, "E-JOB-02"),
        ({"profile_version": "0000000000"}, "E-JOB-02"),
        ({"profile_name": "somebody_elses"}, "E-JOB-02"),
        ({"revoked": True}, "E-JOB-04"),
        ({"signed_key": None}, "E-JOB-03"),
        ({"signed_bucket": ""}, "E-JOB-03"),
    ],
)
def test_a_job_that_did_not_do_what_was_asked_is_refused(
    released: Team, members: dict[str, object], error_id: str
) -> None:
    def lie(real: Lie, job_id: str) -> object:
        job = real(job_id)
        return replace(job, **members) if job.status == "Succeeded" else job

    released.wrap = lying(signing_job=lie)

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (23, [error_id])
    assert "UpdateFunctionCode" not in ended.writes


def test_a_job_that_is_started_and_unknown_is_told(released: Team) -> None:
    released.wrap = lying(signing_job=lambda _real, _job_id: None)

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (23, ["E-JOB-03"])


@pytest.mark.parametrize("version_id", ["null", None])
def test_a_signed_object_without_a_version_is_refused(
    released: Team, version_id: str | None
) -> None:
    released.wrap = lying(get_object=changed(version_id=version_id))

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (23, ["E-JOB-03"])
    assert "has no version id" in ended.log


def test_a_build_whose_signature_was_revoked_is_not_deployed(team: Team) -> None:
    function = team.estate.function
    team.sandbox.acts.remove_code_signing(function)  # so that Lambda itself does not look
    team.sandbox.faults.add("UpdateFunctionCode", "denied", times=1)
    stopped = team.run(require_code_signing="off")
    assert stopped.exit_code == 28
    team.sandbox.acts.revoke_job(stopped.outputs["signing-job-id"])

    ended = team.run(require_code_signing="off")

    assert (ended.exit_code, ended.error_ids) == (23, ["E-JOB-04"])
    assert "UpdateFunctionCode" not in ended.writes
    assert team.versions() == []


# -- the signed zip


def test_a_split_text_under_a_valid_digest_is_refused(team: Team) -> None:
    team.write_source({"data/words.txt": "see evil.pyimport os\n"})
    replace_signed(team, lambda z: forge.split_into_module(z, "data/words.txt", "evil.py"))

    ended = team.run()

    assert (ended.exit_code, ended.error_ids) == (22, ["E-SIGNATURE-01"])
    assert team.versions() == []


def test_a_file_turned_into_a_link_under_a_valid_digest_is_refused(released: Team) -> None:
    released.write_source({"data/words.txt": "../app.py"})
    replace_signed(released, lambda z: forge.turned_into_link(z, "data/words.txt"))

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (22, ["E-SIGNATURE-01"])


def test_the_same_files_signed_by_another_job_are_refused(released: Team) -> None:
    other = "arn:aws:signer:eu-west-1:111122223333:/signing-jobs/0a1b2c3d"
    replace_signed(released, lambda z: forge.other_job(released.sandbox.signer, z, other))

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (22, ["E-SIGNATURE-39"])


def test_the_same_files_signed_by_another_profile_are_refused(released: Team) -> None:
    other = "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/other/AbCdEfGhIj"
    replace_signed(released, lambda z: forge.other_profile(released.sandbox.signer, z, other))

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (22, ["E-SIGNATURE-40"])


def test_a_signature_that_has_expired_is_refused(released: Team) -> None:
    replace_signed(released, lambda z: forge.expired(released.sandbox.signer, z))

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (22, ["E-SIGNATURE-38"])


def test_a_zip_without_a_signature_is_refused(released: Team) -> None:
    replace_signed(released, forge.unsigned)

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (22, ["E-SIGNATURE-01"])
    assert "META_INF/aws_signer_signature_v1.0.SF: missing" in ended.log


def test_a_digest_of_an_unknown_formula_is_told_loudly(released: Team) -> None:
    replace_signed(released, lambda z: forge.other_digest(released.sandbox.signer, z))

    ended = released.run()

    assert any("content digest does not follow" in w for w in ended.report["warnings"])


# -- $LATEST


def test_a_dry_run_of_other_bytes_is_refused_before_anything_is_written(released: Team) -> None:
    released.wrap = lying(dry_run=changed(code_sha256=OTHER))

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (20, ["E-HASH-02"])
    assert "UpdateFunctionCode" not in ended.writes


def test_a_dry_run_that_moves_the_function_is_noticed(released: Team) -> None:
    def deploys(real: Lie, *args: object) -> object:
        answer = real(*args)
        released.sandbox.acts.console_edit_configuration(released.estate.function, Timeout=9)
        return answer

    released.wrap = lying(dry_run=deploys)

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-02"])
    assert "UpdateFunctionCode" not in ended.writes


@pytest.mark.parametrize("nth", [1, 2])
def test_a_configuration_edited_before_the_update_is_not_overwritten(
    released: Team, nth: int
) -> None:
    released.sandbox.before(
        "UpdateFunctionCode",
        lambda s: s.acts.console_edit_configuration(released.estate.function, Timeout=900),
        nth=nth,
    )

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-01"])
    assert "UpdateFunctionCode" not in ended.writes
    assert "Lambda was not touched" in ended.report["left"]


def after_update(team: Team, act: Callable[[], object]) -> Lie:
    """The true update, and something else right after it."""

    def update(real: Lie, *args: object) -> object:
        answer = real(*args)
        team.sandbox.clock.sleep(5)  # it has settled
        act()
        return answer

    return update


def test_a_configuration_edited_after_the_update_is_not_released(released: Team) -> None:
    function = released.estate.function
    released.wrap = lying(
        update_code=after_update(
            released,
            lambda: released.sandbox.acts.console_edit_configuration(function, Timeout=900),
        )
    )

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-03"])
    assert "Timeout 3 -> 900" in ended.log


@pytest.mark.parametrize(
    ("members", "error_id"),
    [
        ({"code_sha256": OTHER}, "E-HASH-03"),
        ({"signing_job_arn": "arn:aws:signer:eu-west-1:1:/signing-jobs/x"}, "E-HASH-07"),
        ({"signing_profile_version_arn": "arn:aws:signer:eu-west-1:1:/p/x"}, "E-HASH-07"),
        ({"signing_job_arn": None}, "E-HASH-07"),
        ({"signing_job_arn": None, "signing_profile_version_arn": None}, "E-HASH-07"),
    ],
)
def test_what_lambda_says_of_the_update_must_be_ours(
    released: Team, members: dict[str, object], error_id: str
) -> None:
    updated = []

    def update(real: Lie, *args: object) -> object:
        updated.append(True)
        return real(*args)

    def read(real: Lie, *args: object) -> object:
        answer = real(*args)
        return replace(answer, **members) if updated and len(args) == 1 else answer

    released.wrap = lying(update_code=update, function=read)

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (20, [error_id])
    assert "PublishVersion" not in ended.writes


def test_code_that_lambda_admitted_without_a_record_is_sent_again(released: Team) -> None:
    """It came while no code-signing configuration was attached: nobody checked its signature."""

    def stops(_real: Lie, *_args: object) -> object:
        raise DeadlineError.of("E-TIME-01", "stopped before publishing", "run again")

    def read(real: Lie, *args: object) -> object:
        answer = real(*args)
        unrecorded = {"signing_job_arn": None, "signing_profile_version_arn": None}
        return answer if updated else replace(answer, **unrecorded)

    def update(real: Lie, *args: object) -> object:
        updated.append(True)
        return real(*args)

    updated: list[bool] = []
    released.wrap = lying(publish=stops)
    assert "UpdateFunctionCode" in released.run().writes
    released.wrap = lying(function=read, update_code=update)

    ended = released.run()

    assert ended.outputs["outcome"] == "deployed"
    assert "UpdateFunctionCode" in ended.writes


# -- the version


def publish_refused_after(team: Team, act: Callable[[], object]) -> Lie:
    """The first publish finds another revision, because of what `act` does."""
    tried = []

    def publish(real: Lie, *args: object) -> object:
        if not tried:
            tried.append(True)
            act()
            raise RevisionMovedError("the revision moved")
        return real(*args)

    return publish


def test_after_a_refused_publish_other_code_is_not_offered_again(released: Team) -> None:
    function = released.estate.function
    released.wrap = lying(
        publish=publish_refused_after(
            released, lambda: released.sandbox.acts.console_edit_code(function, b"PK\x05\x06evil")
        )
    )

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (20, ["E-HASH-04"])
    assert "PublishVersion" not in [c.operation for c in ended.calls]


def test_after_a_refused_publish_another_configuration_is_not_published(released: Team) -> None:
    function = released.estate.function
    released.wrap = lying(
        publish=publish_refused_after(
            released,
            lambda: released.sandbox.acts.console_edit_configuration(function, Timeout=900),
        )
    )

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-03"])


def test_a_revision_that_moves_for_ever_is_given_up(released: Team) -> None:
    def moved(_real: Lie, *_: object) -> object:
        raise RevisionMovedError("again")

    released.wrap = lying(publish=moved)

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-05"])


def of_version(number: str, **members: object) -> Lie:
    """The true answers, and other members for one version."""

    def read(real: Lie, name: str, qualifier: str) -> object:
        answer: HeldVersion | None = real(name, qualifier)
        if answer is None or answer.configuration.version != number:
            return answer
        return replace(answer, configuration=replace(answer.configuration, **members))

    return read


def test_a_version_with_another_hash_takes_no_traffic(released: Team) -> None:
    released.wrap = lying(held=of_version("2", code_sha256=OTHER))

    with alias_stands(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (20, ["E-HASH-05"])
    assert "the new version 2 takes no traffic" in ended.report["left"]


def test_a_version_with_another_configuration_takes_no_traffic(released: Team) -> None:
    def read(real: Lie, name: str, qualifier: str) -> object:
        answer: HeldVersion = real(name, qualifier)
        if qualifier != "2":
            return answer
        changed = {**answer.configuration.content, "Timeout": 900}
        return replace(answer, configuration=replace(answer.configuration, content=changed))

    released.wrap = lying(held=read)

    with alias_stands(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (20, ["E-HASH-08"])
    assert "Timeout 3 -> 900" in ended.log


def downloads_as(number: str, sha256: Sha256) -> Lie:
    """A version downloads as other bytes."""

    def download(real: Lie, name: str, version: str, *more: object) -> Download:
        got: Download = real(name, version, *more)
        return replace(got, sha256=sha256) if version == number else got

    return download


def test_a_version_that_downloads_as_other_bytes_takes_no_traffic(released: Team) -> None:
    released.wrap = lying(download_code=downloads_as("2", OTHER))

    with alias_stands(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (20, ["E-HASH-06"])


@pytest.mark.parametrize("state", ["Failed", "Inactive"])
def test_a_version_that_does_not_become_active_takes_no_traffic(released: Team, state: str) -> None:
    released.wrap = lying(held=of_version("2", state=state, state_reason_code="Why"))

    with alias_stands(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (24, ["E-LAMBDA-02"])
    assert f"version 2 of orders is {state}: Why" in ended.log


def test_a_version_that_is_gone_takes_no_traffic(released: Team) -> None:
    released.wrap = lying(
        held=lambda real, name, qualifier: None if qualifier == "2" else real(name, qualifier)
    )
    team = released
    team.sandbox.acts.delete_alias(team.estate.function, "live")

    ended = team.run()

    assert (ended.exit_code, ended.error_ids) == (24, ["E-LAMBDA-02"])
    assert team.alias() is None


def test_a_smoke_test_that_another_version_answered_proves_nothing(released: Team) -> None:
    (released.workspace / "event.json").write_text("{}")
    released.wrap = lying(invoke=changed(executed_version="1"))

    with alias_stands(released):
        ended = released.run(smoke_event="event.json")

    assert (ended.exit_code, ended.error_ids) == (25, ["E-SMOKE-01"])
    assert "and version 1 answered instead" in ended.log


# -- the hash alias and the alias


def test_a_hash_alias_that_appears_meanwhile_and_leads_elsewhere_is_refused(
    released: Team,
) -> None:
    def taken(real: Lie, function: str, alias: str, *args: object) -> object:
        released.sandbox.acts.create_alias(function, alias, "1")
        return real(function, alias, *args)

    released.wrap = lying(create_alias=taken)

    with alias_stands(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (18, ["E-ALIAS-03"])


def test_a_hash_alias_that_is_there_and_then_gone_is_told(released: Team) -> None:
    def appears_and_goes(real: Lie, function: str, alias: str, *args: object) -> object:
        released.sandbox.acts.create_alias(function, alias, "1")
        try:
            return real(function, alias, *args)
        finally:
            released.sandbox.acts.delete_alias(function, alias)

    released.wrap = lying(create_alias=appears_and_goes)

    with alias_stands(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (18, ["E-ALIAS-03"])


def test_a_weighted_hash_alias_is_refused(released: Team) -> None:
    first = released.run()
    released.change_code("third")
    released.deployed()
    released.sandbox.acts.set_weights(
        released.estate.function, first.outputs["hash-alias"], {"1": 0.5}
    )
    released.change_code()

    with alias_stands(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (18, ["E-ALIAS-03"])


def test_an_alias_moved_right_after_our_move_is_not_called_deployed(released: Team) -> None:
    function = released.estate.function

    def moved_back(real: Lie, *args: object) -> object:
        answer = real(*args)
        released.sandbox.acts.move_alias(function, "live", "1")
        return answer

    released.wrap = lying(update_alias=moved_back)

    ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-04"])
    assert "moved by somebody outside this action" in ended.log
    assert ended.outputs["changed"] == "false"


def test_an_alias_weighted_right_after_our_move_is_not_called_deployed(released: Team) -> None:
    function = released.estate.function

    def weighted(real: Lie, *args: object) -> object:
        answer = real(*args)
        released.sandbox.acts.set_weights(function, "live", {"1": 0.1})
        return answer

    released.wrap = lying(update_alias=weighted)

    ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-04"])
    assert "weights" in ended.log


def test_an_alias_deleted_right_after_our_move_is_not_called_deployed(released: Team) -> None:
    def deleted(real: Lie, *args: object) -> object:
        answer = real(*args)
        released.sandbox.acts.delete_alias(released.estate.function, "live")
        return answer

    released.wrap = lying(update_alias=deleted)

    ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-04"])


# -- nothing to do


def sealed(team: Team, sha256: Sha256 | None = None) -> None:
    """Somebody who may write the alias makes its record say that a release moved it there.

    Args:
        team: Whose `live` it is.
        sha256: Of the code that the record is made for; by default what the version holds.
    """
    function, lambda_ = team.estate.function, team.client("lambda")
    version = lambda_.get_alias(FunctionName=function, Name="live")["FunctionVersion"]
    live = lambda_.get_function_configuration(FunctionName=function, Qualifier=version)
    own = Sha256.from_b64(live["CodeSha256"])
    content = code_and_config(sha256 or own, canonical(live))
    seal = alias_seal(unqualified(live["FunctionArn"]), "live", version, content.hex)
    record = AliasRecord(command="deploy", previous="", run=1001, attempt=1, commit="", seal=seal)
    lambda_.update_alias(FunctionName=function, Name="live", Description=str(record))


def test_a_live_version_that_downloads_as_other_bytes_is_never_called_unchanged(
    team: Team,
) -> None:
    team.deployed(hash_alias="false")
    sealed(team, OTHER)
    team.wrap = lying(download_code=downloads_as("1", OTHER))

    with alias_stands(team):
        ended = team.run(hash_alias="false")

    assert (ended.exit_code, ended.error_ids) == (20, ["E-HASH-06"])


def test_a_live_version_whose_job_was_revoked_is_never_called_unchanged(team: Team) -> None:
    first = team.deployed()
    team.sandbox.acts.revoke_job(first.outputs["signing-job-id"])

    with nothing_moves(team):
        ended = team.run()

    assert (ended.exit_code, ended.error_ids) == (23, ["E-JOB-04"])


def without_record(team: Team) -> None:
    """The live code is published once more by hand: a version that says nothing of a build."""
    function, acts = team.estate.function, team.sandbox.acts
    acts.console_edit_configuration(function, Timeout=9)
    acts.move_alias(function, "live", acts.publish(function))
    sealed(team)


def test_a_signed_version_without_our_record_is_compared_with_the_build(team: Team) -> None:
    team.deployed(hash_alias="false")
    without_record(team)
    team.change_code()

    ended = team.run(hash_alias="false")

    assert ended.exit_code == 0, ended.log
    assert ended.outputs["outcome"] == "deployed"
    assert ended.outputs["version"] == "3"


def test_an_unsigned_version_without_our_record_is_compared_with_the_build(team: Team) -> None:
    unsigned = {
        "allow_unsigned": "true",
        "signing_profile": "",
        "require_code_signing": "off",
        "hash_alias": "false",
    }
    team.sandbox.acts.remove_code_signing(team.estate.function)
    team.deployed(**unsigned)
    without_record(team)
    team.change_code()

    ended = team.run(**unsigned)

    assert ended.exit_code == 0, ended.log
    assert ended.outputs["outcome"] == "deployed"
    assert ended.outputs["version"] == "3"


# -- rollback, promote, verify


@pytest.fixture
def twice(released: Team) -> Team:
    """Two releases: live at 2, previous 1."""
    released.deployed()
    return released


@pytest.mark.parametrize("state", ["Inactive", "Failed", "Pending"])
def test_a_target_that_is_not_active_is_refused(twice: Team, state: str) -> None:
    twice.wrap = lying(held=of_version("1", state=state))

    with nothing_moves(twice):
        ended = twice.run("rollback")

    assert (ended.exit_code, ended.error_ids) == (26, ["E-TARGET-06"])


def test_a_target_without_a_hash_is_refused(twice: Team) -> None:
    twice.wrap = lying(held=of_version("1", code_sha256=None))

    with nothing_moves(twice):
        ended = twice.run("rollback")

    assert (ended.exit_code, ended.error_ids) == (26, ["E-TARGET-05"])


def test_a_target_that_downloads_as_other_bytes_is_refused(twice: Team) -> None:
    twice.wrap = lying(download_code=downloads_as("1", OTHER))

    with nothing_moves(twice):
        ended = twice.run("rollback")

    assert (ended.exit_code, ended.error_ids) == (20, ["E-HASH-06"])


def test_a_target_whose_job_signer_does_not_know_is_refused(twice: Team) -> None:
    twice.wrap = lying(signing_job=lambda _real, _job_id: None)

    with nothing_moves(twice):
        ended = twice.run("rollback")

    assert (ended.exit_code, ended.error_ids) == (26, ["E-TARGET-04"])


def test_a_target_of_a_revoked_profile_is_refused(twice: Team) -> None:
    twice.sandbox.acts.revoke_profile(twice.estate.profile)

    with nothing_moves(twice):
        ended = twice.run("rollback")

    assert (ended.exit_code, ended.error_ids) == (26, ["E-TARGET-04"])
    assert f"profile {twice.estate.profile} of version 1 is Revoked" in ended.log


@pytest.mark.parametrize(("account", "owner"), [("111122223333", None), ("4", "111122223333")])
def test_the_profile_that_is_asked_for_is_the_one_that_signed(
    twice: Team, account: str, owner: str | None
) -> None:
    asked: list[tuple[str, str | None]] = []

    def profile(real: Lie, name: str, owner: str | None) -> object:
        asked.append((name, owner))
        return real(name, None)

    twice.wrap = lying(profile=profile, identity=changed(account=account))

    ended = twice.run("rollback")

    assert ended.exit_code == 0, ended.log
    assert asked == [(twice.estate.profile, owner)]


def test_a_hash_alias_that_was_moved_is_not_followed(twice: Team) -> None:
    function = twice.estate.function
    names = [
        a["Name"]
        for a in twice.client("lambda").list_aliases(FunctionName=function, FunctionVersion="1")[
            "Aliases"
        ]
    ]
    [name] = [n for n in names if n.startswith("HASH-")]
    twice.sandbox.acts.move_alias(function, name, "2")

    with nothing_moves(twice):
        ended = twice.run("rollback", to=name)

    assert (ended.exit_code, ended.error_ids) == (26, ["E-TARGET-07"])
    assert ended.writes == []


def test_a_hash_alias_that_leads_to_latest_is_not_followed(twice: Team) -> None:
    function = twice.estate.function
    found = twice.client("lambda").list_aliases(FunctionName=function, FunctionVersion="2")
    [name] = [a["Name"] for a in found["Aliases"] if a["Name"].startswith("HASH-")]
    twice.sandbox.acts.move_alias(function, name, "$LATEST")

    with nothing_moves(twice):
        ended = twice.run("rollback", to=name)

    assert (ended.exit_code, ended.error_ids) == (26, ["E-TARGET-01"])


def test_a_weighted_alias_is_not_promoted_from(twice: Team) -> None:
    twice.sandbox.acts.set_weights(twice.estate.function, "live", {"1": 0.5})

    ended = twice.run("promote", from_alias="live", alias="prod")

    assert (ended.exit_code, ended.error_ids) == (26, ["E-TARGET-08"])
    assert twice.alias("prod") is None


@pytest.mark.parametrize(
    ("command", "inputs"), [("rollback", {}), ("promote", {"from_alias": "live", "alias": "prod"})]
)
def test_code_signing_that_enforces_nothing_stops_rollback_and_promotion(
    twice: Team, command: str, inputs: dict[str, str]
) -> None:
    twice.sandbox.acts.set_code_signing_policy(twice.estate.function, "Warn")

    with nothing_moves(twice):
        ended = twice.run(command, **inputs)

    assert (ended.exit_code, ended.error_ids) == (16, ["E-CODESIGNING-02"])
    assert ended.writes == []


def test_a_zip_that_is_no_more_signed_by_a_trusted_root_is_drift(twice: Team) -> None:
    (twice.workspace / "other-root.pem").write_bytes(other_root_pem())

    ended = twice.run("verify", signer_root="other-root.pem")

    assert (ended.exit_code, ended.error_ids) == (35, ["E-DRIFT-01", "E-SIGNATURE-33"])
    assert ended.writes == []


# -- what was found by reading (each was a fault once)


def test_an_update_that_failed_is_sent_again_and_not_published_as_it_is(released: Team) -> None:
    released.sandbox.acts.fail_next_update(released.estate.function, "EniLimitExceeded", "no ENIs")
    assert released.run().error_ids == ["E-LAMBDA-01"]

    ended = released.run()

    assert ended.exit_code == 0, ended.log
    assert "UpdateFunctionCode" in ended.writes


@pytest.mark.parametrize("name", ["", "folder/", "../../x.zip", "x" * 80 + ".zip", "a b.zip"])
def test_objects_of_others_among_the_signed_ones_are_passed_over(team: Team, name: str) -> None:
    first = team.deployed()
    folder = signed_key(team).rsplit("/", 1)[0]
    team.sandbox.acts.put_object(team.estate.bucket, f"{folder}/{name}", b"")
    team.sandbox.acts.console_edit_configuration(team.estate.function, Timeout=9)

    ended = team.run()

    assert ended.exit_code == 0, ended.log
    assert ended.outputs["signing-job-id"] == first.outputs["signing-job-id"]
    assert "StartSigningJob" not in ended.writes


def test_a_build_whose_signature_has_expired_is_signed_by_a_new_job(team: Team) -> None:
    team.client("signer").put_signing_profile(
        profileName="short",
        platformId="AWSLambda-SHA384-ECDSA",
        signatureValidityPeriod={"value": 1, "type": "DAYS"},
    )
    team.sandbox.acts.remove_code_signing(team.estate.function)
    inputs = {"signing_profile": "short", "require_code_signing": "off"}
    team.sandbox.faults.add("UpdateFunctionCode", "denied", times=1)
    stopped = team.run(**inputs)
    team.sandbox.clock.sleep(2 * 24 * 3600)

    ended = team.run(**inputs)

    assert stopped.exit_code == 28
    assert ended.exit_code == 0, ended.log
    assert ended.outputs["signing-job-id"] != stopped.outputs["signing-job-id"]
    assert any("was not used" in w for w in ended.report["warnings"])


def test_two_runs_that_release_the_same_version_both_end_well(released: Team) -> None:
    other: list[object] = []

    def overtaken(real: Lie, *args: object) -> object:
        released.wrap = lambda cloud: cloud
        other.append(released.run())
        return real(*args)

    released.wrap = lying(update_alias=overtaken)

    ended = released.run()

    alias = released.alias()
    assert ended.exit_code == 0, ended.log
    assert (ended.outputs["outcome"], ended.outputs["changed"]) == ("unchanged", "false")
    assert alias is not None
    assert alias["FunctionVersion"] == ended.outputs["version"] == "2"
    assert [o.exit_code for o in other] == [0]  # type: ignore[attr-defined]


@pytest.mark.parametrize("fault", ["lost_after", "timeout_after", "error500_after"])
def test_a_move_whose_answer_was_lost_is_told_as_done(released: Team, fault: str) -> None:
    released.sandbox.faults.add("UpdateAlias", fault, times=1)

    ended = released.run()

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed")


def test_a_move_that_cannot_be_read_back_is_told_as_such(released: Team) -> None:
    moved: list[bool] = []

    def update(real: Lie, *args: object) -> object:
        moved.append(True)
        return real(*args)

    def read(real: Lie, *args: object) -> object:
        if moved:
            released.sandbox.faults.add("GetAlias", "denied", times=1)
        return real(*args)

    released.wrap = lying(update_alias=update, alias=read)

    ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (32, ["E-MOVED-01"])
    assert ended.outputs["outcome"] == "moved-unconfirmed"
    assert "may have happened" in ended.report["left"]


def test_an_alias_that_is_where_it_should_be_is_looked_at_again(twice: Team) -> None:
    function = twice.estate.function

    def moved_meanwhile(real: Lie, *args: object) -> object:
        answer = real(*args)
        twice.sandbox.acts.move_alias(function, "live", "1")
        return answer

    twice.wrap = lying(download_code=moved_meanwhile)

    ended = twice.run("rollback", to="2")

    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-04"])
    assert "moved by somebody outside this action" in ended.log


def test_an_alias_deleted_while_its_target_is_verified_is_told(twice: Team) -> None:
    def deleted_meanwhile(real: Lie, *args: object) -> object:
        answer = real(*args)
        twice.sandbox.acts.delete_alias(twice.estate.function, "live")
        return answer

    twice.wrap = lying(download_code=deleted_meanwhile)

    ended = twice.run("rollback", to="2")

    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-04"])


def test_a_reason_of_many_wide_characters_does_not_cost_the_move(released: Team) -> None:
    ended = released.run(reason="\N{PARTY POPPER}" * 200)

    alias = released.alias()
    assert ended.exit_code == 0, ended.log
    assert alias is not None
    assert len(alias["Description"].encode("utf-16-le")) <= 2 * 256
    assert "reason=\N{PARTY POPPER}" in alias["Description"]
