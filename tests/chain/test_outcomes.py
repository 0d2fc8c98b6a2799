"""The rarer ends of a run: what was waited for, what was reused, what is only told."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from lambda_sandbox.core import VirtualClock
from signed_lambda.cloud import RevisionMovedError
from signed_lambda.errors import AccessError, AwsError
from signed_lambda.main import main
from signed_lambda.runner import Runner
from tests.attacks.conftest import evil_zip
from tests.support.action import Ended, Team
from tests.support.lying import Lie, lying
from tests.support.runner_rules import unfolded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lambda_sandbox import Sandbox
    from signed_lambda.cloud import Cloud, SigningJob

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def released(team: Team) -> Team:
    """One release, and a change that waits."""
    team.deployed()
    team.change_code()
    return team


# -- the signing job


def test_a_long_signing_job_is_waited_for_and_told(released: Team) -> None:
    released.sandbox.world.timing.signing_s = 45

    ended = released.run()

    waiting = [line for line in unfolded(ended.console.log) if ": InProgress, " in line]
    assert ended.exit_code == 0, ended.log
    assert [line.split(": InProgress, ")[1] for line in waiting] == [
        f"{s} s so far, {900 - s} s left of timeout-minutes" for s in (3, 13, 23, 33, 43)
    ]


@pytest.mark.parametrize("slow", ["signing_s", "update_s", "publish_s"])
def test_no_wait_leaves_the_log_silent_for_more_than_10_s(
    released: Team, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    setattr(released.sandbox.world.timing, slow, 70)
    if slow == "publish_s":  # only a version with a snapshot is Pending on its own
        released.client("lambda").update_function_configuration(
            FunctionName=released.estate.function, SnapStart={"ApplyOn": "PublishedVersions"}
        )
    clock, told = released.sandbox.clock, list[float]()
    said = Runner._print

    def listen(runner: Runner, *lines: str) -> None:
        told.append(clock.monotonic())
        said(runner, *lines)

    monkeypatch.setattr(Runner, "_print", listen)

    ended = released.run()

    assert ended.exit_code == 0, ended.log
    assert told[-1] - told[0] > 70
    assert max(later - earlier for earlier, later in pairwise(told)) < 10.1


def failing(*, created_at: datetime | None) -> Lie:
    """The first job that is looked at has failed, then or now."""
    first: list[str] = []

    def look(real: Lie, job_id: str) -> SigningJob:
        job: SigningJob = real(job_id)
        first.append(job_id)
        if job_id != first[0]:
            return job
        at = created_at or job.created_at
        return replace(job, status="Failed", status_reason="no\nreason", created_at=at)

    return look


def test_a_job_that_failed_is_told_with_signers_reason(released: Team) -> None:
    released.wrap = lying(signing_job=failing(created_at=None))

    ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (23, ["E-JOB-01"])
    assert "ended as Failed: no" in ended.log
    assert ended.writes.count("StartSigningJob") == 1


def test_a_job_that_failed_before_is_tried_once_more(released: Team) -> None:
    released.wrap = lying(signing_job=failing(created_at=LONG_AGO))

    ended = released.run()

    tokens = [
        c.params["clientRequestToken"] for c in ended.calls if c.operation == "StartSigningJob"
    ]
    assert ended.exit_code == 0, ended.log
    assert len(set(tokens)) == len(tokens) == 2


@dataclass
class Signer:
    """Jobs that are begun while it is broken fail, and stay what they are.

    Attributes:
        slow: A job is in progress at the first look.
        apart: Its clock, from the runner's.
        failed: Ids.
        seen: Ids of all jobs that were looked at.
    """

    slow: bool = True
    apart: timedelta = timedelta(0)
    broken: bool = True
    failed: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)

    def look(self, real: Lie, job_id: str) -> SigningJob:
        """A job as it tells of it."""
        job: SigningJob = real(job_id)
        is_new = job_id not in self.seen
        self.seen.add(job_id)
        if is_new and self.broken:
            self.failed.add(job_id)
        job = replace(job, created_at=job.created_at + self.apart)
        if job_id not in self.failed:
            return job
        status = "InProgress" if is_new and self.slow else "Failed"
        return replace(job, status=status, status_reason="no s3:PutObject")


def tokens(ended: Ended) -> list[str]:
    """With which jobs were asked for, in order."""
    return [c.params["clientRequestToken"] for c in ended.calls if c.operation == "StartSigningJob"]


def failing_runs(team: Team, signer: Signer, runs: int) -> None:
    """So many runs of a build whose jobs all fail; then it is mended, an hour later."""
    team.wrap = lying(signing_job=signer.look)
    for _ in range(runs):
        assert team.run().error_ids == ["E-JOB-01"]
        team.sandbox.clock.sleep(3600)
    signer.broken = False


@pytest.mark.parametrize("apart_s", [0, -600, 600, 2])
@pytest.mark.parametrize("slow", [True, False])
def test_jobs_that_failed_in_earlier_runs_never_keep_a_build_from_being_signed(
    released: Team, *, slow: bool, apart_s: int
) -> None:
    signer = Signer(slow=slow, apart=timedelta(seconds=apart_s))
    failing_runs(released, signer, 5)
    failed = len(signer.failed)

    ended = released.run()

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed"), ended.log
    assert len(signer.seen) == failed + 1
    assert len(tokens(ended)) == len(set(tokens(ended))) == 4


@pytest.mark.parametrize("apart_s", [0, -600, 600])
def test_a_run_that_sees_its_job_fail_begins_no_other(released: Team, apart_s: int) -> None:
    signer = Signer(apart=timedelta(seconds=apart_s))

    failing_runs(released, signer, 4)

    assert len(signer.failed) == 4


def test_a_clock_that_is_wrong_costs_jobs_and_their_number_is_bounded(released: Team) -> None:
    released.wrap = lying(signing_job=Signer(slow=False, apart=timedelta(minutes=-10)).look)

    ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (23, ["E-JOB-01"])
    assert len(set(tokens(ended))) == 4


def test_a_run_without_an_answer_to_its_own_token_finds_its_job_when_run_again(
    released: Team,
) -> None:
    signer = Signer()
    failing_runs(released, signer, 3)
    begun: list[str] = []

    def lost(real: Lie, **named: object) -> str:
        begun.append(real(**named))
        if len(begun) == 4:
            raise AwsError.of("E-AWS-01", "no answer", "Run it again")
        return begun[-1]

    released.wrap = lying(signing_job=signer.look, start_signing=lost)
    env = {"GITHUB_RUN_ID": "1700", "GITHUB_RUN_ATTEMPT": "2"}
    assert released.run(env=env).error_ids == ["E-AWS-01"]

    ended = released.run(env=env)

    assert ended.exit_code == 0, ended.log
    assert ended.outputs["signing-job-id"] == begun[3] == begun[7]
    assert len(set(begun)) == 4


def test_two_runs_share_the_job_that_succeeded_after_all_that_failed(released: Team) -> None:
    failing_runs(released, Signer(), 4)
    first = released.run()

    second = released.run(alias="next")

    assert second.exit_code == 0, second.log
    assert second.outputs["signing-job-id"] == first.outputs["signing-job-id"]
    assert tokens(second) == []


@pytest.mark.parametrize("run_id", ["1700", ""])
def test_another_attempt_of_a_run_and_a_run_outside_github_begin_jobs_of_their_own(
    released: Team, run_id: str
) -> None:
    signer = Signer()
    failing_runs(released, signer, 3)
    signer.broken = True
    failed = released.run(env={"GITHUB_RUN_ID": run_id, "GITHUB_RUN_ATTEMPT": "1"})
    signer.broken = False

    ended = released.run(env={"GITHUB_RUN_ID": run_id, "GITHUB_RUN_ATTEMPT": "2"})

    assert failed.error_ids == ["E-JOB-01"]
    assert ended.exit_code == 0, ended.log
    assert tokens(ended)[-1] != tokens(failed)[-1]


def test_the_end_of_a_job_that_failed_says_what_to_do(released: Team) -> None:
    released.wrap = lying(signing_job=Signer().look)

    ended = released.run()

    [problem] = ended.report["problems"]
    assert "ended as Failed: no s3:PutObject" in problem["what"]
    assert "run it again: that begins a new job" in problem["do"]


def test_signatures_that_expired_never_keep_a_build_from_being_signed(released: Team) -> None:
    seen: dict[str, int] = {}

    def look(real: Lie, job_id: str) -> SigningJob:
        job: SigningJob = real(job_id)
        if seen.setdefault(job_id, len(seen)) > 2:
            return job
        return replace(job, status="Succeeded", created_at=LONG_AGO, signature_expires_at=LONG_AGO)

    released.wrap = lying(signing_job=look)

    ended = released.run()

    assert ended.exit_code == 0, ended.log
    assert len(seen) == 4


def test_a_job_of_this_very_run_that_failed_is_the_end(released: Team) -> None:
    """Whatever clocks say: all four jobs seem to be old, and the last token is the run's own."""

    def look(real: Lie, job_id: str) -> SigningJob:
        job: SigningJob = real(job_id)
        return replace(job, status="Failed", status_reason=None, created_at=LONG_AGO)

    released.wrap = lying(signing_job=look)

    ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (23, ["E-JOB-01"])
    assert "no reason given" in ended.log
    assert len(tokens(ended)) == 4


def test_a_job_whose_result_was_deleted_since_is_passed_over(team: Team) -> None:
    team.sandbox.faults.add("UpdateFunctionCode", "denied", times=1)
    started = next(c for c in team.run().calls if c.operation == "StartSigningJob")
    s3, bucket = team.client("s3"), team.estate.bucket
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=started.params["destination"]["s3"]["prefix"])
    (key,) = (one["Key"] for one in listed["Contents"])
    team.sandbox.clock.advance(60)
    s3.delete_object(Bucket=bucket, Key=key)

    ended = team.run()

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed"), ended.log
    assert ended.writes.count("StartSigningJob") == 2
    assert f"s3://{bucket}/{key}, was deleted; passed over" in ended.log
    assert ended.outputs["signing-job-id"] not in ("", key.rpartition("/")[2].removesuffix(".zip"))


# -- a signing job that may not be looked at


def unseen(team: Team, *hidden: str) -> Callable[[Cloud], Cloud]:
    """The jobs are of another account, which shares bucket and profile and begins its own."""

    def look(real: Lie, job_id: str) -> SigningJob:
        if job_id in hidden:
            raise AccessError.of(
                "E-ACCESS-01", f"missing signer:DescribeSigningJob on {job_id}", ""
            )
        job: SigningJob = real(job_id)
        return job

    def start(real: Lie, *, token: str, **named: object) -> str:
        job_id: str = real(token=f"b{team.runs}{token[4:]}", **named)
        return job_id

    return lying(signing_job=look, start_signing=start)


def test_a_live_version_whose_job_is_of_another_account_is_signed_anew_and_told(team: Team) -> None:
    first = team.deployed()
    theirs = first.outputs["signing-job-id"]
    team.wrap = unseen(team, theirs)

    ended = team.run()

    warned = [w for w in ended.report["warnings"] if "signer:DescribeSigningJob" in w]
    [skipped] = [f for f in ended.report["facts"] if f["title"] == "Look at the signing job"]
    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed"), ended.log
    assert ended.outputs["signing-job-id"] not in ("", theirs)
    assert [theirs in w for w in warned] == [True]
    assert (skipped["status"], theirs in skipped["proof"]) == ("skipped", True)
    assert team.run().outputs["outcome"] == "unchanged"


def test_a_signed_object_whose_job_may_not_be_looked_at_is_passed_over(team: Team) -> None:
    team.sandbox.faults.add("UpdateFunctionCode", "denied", times=1)
    stopped = team.run()
    started = next(c for c in stopped.calls if c.operation == "StartSigningJob")
    folder = started.params["destination"]["s3"]["prefix"]
    team.sandbox.acts.put_object(team.estate.bucket, f"{folder}0000.zip", evil_zip())
    team.wrap = unseen(team, "0000")

    ended = team.run()

    assert ended.exit_code == 0, ended.log
    assert ended.outputs["signing-job-id"] == stopped.outputs["signing-job-id"]
    assert any("0000.zip was not used" in w for w in ended.report["warnings"])


def test_a_role_that_may_look_at_no_job_deploys_nothing_and_is_told(team: Team) -> None:
    team.deployed()
    team.sandbox.faults.add("DescribeSigningJob", "denied", times=None)
    before = team.versions(), team.alias()

    ended = team.run()

    assert (ended.exit_code, ended.error_ids) == (28, ["E-ACCESS-01"])
    assert (team.versions(), team.alias()) == before


@pytest.mark.parametrize("change", [{"signed_bucket": "elsewhere"}, {"status": "Failed"}])
def test_a_signed_object_whose_job_says_otherwise_is_passed_over(
    team: Team, change: dict[str, str]
) -> None:
    team.sandbox.faults.add("UpdateFunctionCode", "denied", times=1)
    assert team.run().exit_code == 28
    looked: list[str] = []

    def look(real: Lie, job_id: str) -> SigningJob:
        looked.append(job_id)
        job: SigningJob = real(job_id)
        return replace(job, **change) if len(looked) == 1 else job  # type: ignore[arg-type]

    team.wrap = lying(signing_job=look)

    ended = team.run()

    assert ended.exit_code == 0, ended.log
    assert "StartSigningJob" in ended.writes


def test_a_signed_object_of_a_job_that_nobody_knows_is_passed_over(team: Team) -> None:
    team.sandbox.faults.add("UpdateFunctionCode", "denied", times=1)
    stopped = team.run()
    started = next(c for c in stopped.calls if c.operation == "StartSigningJob")
    folder = started.params["destination"]["s3"]["prefix"]
    team.sandbox.acts.put_object(team.estate.bucket, f"{folder}0000.zip", evil_zip())

    ended = team.run()

    assert ended.exit_code == 0, ended.log
    assert ended.outputs["signing-job-id"] == stopped.outputs["signing-job-id"]


def test_another_profile_signs_the_same_build_anew(team: Team) -> None:
    first = team.deployed()
    other = team.client("signer").put_signing_profile(
        profileName="next", platformId="AWSLambda-SHA384-ECDSA"
    )
    team.client("lambda").update_code_signing_config(
        CodeSigningConfigArn=team.estate.code_signing_config_arn,
        AllowedPublishers={
            "SigningProfileVersionArns": [
                team.estate.profile_version_arn,
                other["profileVersionArn"],
            ]
        },
    )

    ended = team.run(signing_profile="next")

    assert ended.exit_code == 0, ended.log
    assert ended.outputs["version"] == "2"
    assert ended.outputs["build-sha256"] == first.outputs["build-sha256"]
    assert ended.outputs["code-sha256"] != first.outputs["code-sha256"]


# -- $LATEST and the version


def test_a_run_that_is_overtaken_by_one_of_the_same_build_ends_well(released: Team) -> None:
    other: list[Ended] = []

    def overtaken(real: Lie, *args: object) -> object:
        if not other:
            released.wrap = lambda cloud: cloud
            other.append(released.run())
        return real(*args)

    released.wrap = lying(dry_run=overtaken)

    ended = released.run(allow_older="true")

    assert [o.exit_code for o in other] == [0]
    assert ended.exit_code == 0, ended.log
    assert ended.outputs["version"] == other[0].outputs["version"] == "2"
    assert [number for number, _ in released.versions()] == ["1", "2"]


def test_a_function_whose_revision_moves_for_ever_is_given_up(released: Team) -> None:
    def moved(_real: Lie, *_args: object) -> object:
        raise RevisionMovedError("a tag again")

    released.wrap = lying(dry_run=moved)

    ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-01"])
    assert "no configuration member differs" in ended.log
    assert "Lambda was not touched (alias 'live' is still at 1)" in ended.report["left"]


def test_lambdas_own_refusal_to_publish_other_code_is_told(released: Team) -> None:
    def swapped(real: Lie, name: str, sha256: object, _revision: str, text: str) -> object:
        released.sandbox.acts.console_edit_code(name, evil_zip())
        now = released.client("lambda").get_function_configuration(FunctionName=name)
        return real(name, sha256, now["RevisionId"], text)

    released.wrap = lying(publish=swapped)

    ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (20, ["E-HASH-04"])
    assert "no longer holds sha256:" in ended.log
    assert [number for number, _ in released.versions()] == ["1"]


def test_a_member_of_the_configuration_that_is_not_known_is_told(released: Team) -> None:
    more = {"QuantumConfig": {"Qubits": 3}}

    def read(real: Lie, *args: object) -> object:
        answer = real(*args)
        return replace(answer, content={**answer.content, **more})

    def held(real: Lie, *args: object) -> object:
        answer = real(*args)
        known = answer.configuration
        return replace(answer, configuration=replace(known, content={**known.content, **more}))

    released.wrap = lying(function=read, held=held)

    ended = released.run()

    assert ended.exit_code == 0, ended.log
    assert any(w.endswith("part of the hash: QuantumConfig") for w in ended.report["warnings"])


# -- the alias


def test_somebody_without_a_record_is_not_taken_for_a_run(released: Team) -> None:
    function = released.estate.function
    released.sandbox.before("UpdateAlias", lambda s: s.acts.move_alias(function, "live", "2"))
    released.sandbox.before("UpdateAlias", lambda s: s.acts.set_weights(function, "live", {}))
    released.sandbox.before("UpdateAlias", lambda s: s.acts.move_alias(function, "live", "1"))

    ended = released.run()

    # It is back where it was, so "moved" would send the reader to look for what is not there.
    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-04"])
    assert (
        "at version 1, changed by somebody outside this action"
        in ended.report["problems"][0]["what"]
    )


def test_a_description_that_somebody_edits_is_not_told_as_a_move(released: Team) -> None:
    function = released.estate.function
    released.sandbox.before(
        "UpdateAlias",
        lambda s: s.acts._call(
            "UpdateAlias", FunctionName=function, Name="live", Description="pinned by ops"
        ),
    )

    ended = released.run()

    [problem] = ended.report["problems"]
    alias = released.alias()
    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-04"])
    assert "at version 1, changed by somebody" in problem["what"]
    assert problem["do"].startswith("Find out who changed it")
    assert alias is not None
    assert (alias["FunctionVersion"], alias["Description"]) == ("1", "pinned by ops")


def by_hand(team: Team, version: str) -> Callable[[Sandbox], object]:
    """Somebody at the console moves the alias."""
    return lambda s: s.acts.move_alias(team.estate.function, "live", version)


def test_a_move_by_hand_to_our_version_is_recorded_by_the_run(released: Team) -> None:
    released.sandbox.before("UpdateAlias", by_hand(released, "2"))

    ended = released.run()

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed"), ended.log
    assert ended.outputs["previous-version"] == "1"
    assert any("at version 2 already: now recorded" in w for w in ended.report["warnings"])
    assert "record" in [f["step"] for f in ended.report["facts"]]
    assert released.run("verify").exit_code == 0
    assert released.run("rollback").outputs["version"] == "1"


def test_an_alias_created_by_hand_at_our_version_is_recorded_by_the_run(released: Team) -> None:
    function = released.estate.function
    released.sandbox.before(
        "CreateAlias", lambda s: s.acts.create_alias(function, "next", "2"), nth=2
    )

    ended = released.run(alias="next")

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed"), ended.log
    assert released.run("verify", alias="next").exit_code == 0


def test_a_record_that_is_refused_again_is_told_as_missing(released: Team) -> None:
    for nth in (1, 2):
        released.sandbox.before("UpdateAlias", by_hand(released, "2"), nth=nth)

    ended = released.run()

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "unchanged"), ended.log
    assert "UpdateAlias" not in ended.writes
    assert not any("recorded" in f["proof"] for f in ended.report["facts"])
    assert any("its Description is somebody else's" in w for w in ended.report["warnings"])
    assert "E-DRIFT-02" in released.run("verify").error_ids
    assert released.run().exit_code == 0
    assert released.run("verify").exit_code == 0


def test_an_alias_moved_on_before_the_record_is_left_there(released: Team) -> None:
    released.sandbox.before("UpdateAlias", by_hand(released, "2"))
    released.sandbox.before("UpdateAlias", by_hand(released, "1"), nth=2)

    ended = released.run()

    alias = released.alias()
    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-04"])
    assert alias is not None
    assert alias["FunctionVersion"] == "1"
    assert "the new version 2 takes no traffic" in ended.report["left"]


def test_a_move_without_an_answer_is_not_sent_again_over_a_move_by_hand(released: Team) -> None:
    def lost(_real: Lie, *_args: object) -> object:
        by_hand(released, "2")(released.sandbox)
        raise AwsError.of("E-AWS-01", "no answer", "Run it again")

    released.wrap = lying(update_alias=lost)

    ended = released.run()

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "unchanged"), ended.log
    assert any("its Description is somebody else's" in w for w in ended.report["warnings"])


def test_another_run_that_won_is_named(released: Team) -> None:
    def overtaken(real: Lie, *args: object) -> object:
        released.wrap = lambda cloud: cloud
        released.change_code("the winner")
        assert released.run().exit_code == 0
        return real(*args)

    released.wrap = lying(update_alias=overtaken)

    ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (33, ["E-SUPERSEDED-01"])
    assert "moved by run 1003.1" in ended.log
    assert "the new version 2 takes no traffic" in ended.report["left"]


# -- verify


def test_verify_tells_a_hash_alias_that_is_missing(team: Team) -> None:
    team.deployed(hash_alias="false")

    ended = team.run("verify")

    [fact] = [f for f in ended.report["facts"] if f["step"] == "hash-alias"]
    assert ended.exit_code == 0
    assert fact["status"] == "warning"
    assert "does not exist" in fact["proof"]


def test_verify_without_hash_aliases_looks_for_none(team: Team) -> None:
    team.deployed(hash_alias="false")

    ended = team.run("verify", hash_alias="false")

    assert ended.exit_code == 0
    assert "hash-alias" not in [f["step"] for f in ended.report["facts"]]


# -- what a plan says


def test_a_plan_of_a_change_does_not_say_that_nothing_would_change(released: Team) -> None:
    ended = released.run("plan")

    assert ended.outputs["version"] == ""
    assert "already runs this build" not in ended.log + ended.summary
    assert "PLANNED: orders -> live (eu-west-1): nothing blocks" in ended.log
    assert "publishes a new version and moves `live` on from version 1" in ended.log


def test_a_plan_without_bucket_and_profile_does_not_speak_of_unsigned_code(released: Team) -> None:
    ended = released.run("plan", bucket="", signing_profile="")

    [fact] = [f for f in ended.report["facts"] if f["step"] == "plan"]
    assert ended.exit_code == 0, ended.log
    assert fact["proof"] == "upload, sign, publish a version, move alias 'live' (now 1)"


def test_a_plan_that_may_not_see_the_function_still_looks_at_the_alias(released: Team) -> None:
    released.sandbox.faults.add("GetFunctionConfiguration", "denied", times=None)

    ended = released.run("plan")

    [fact] = [f for f in ended.report["facts"] if f["step"] == "plan"]
    assert ended.exit_code == 0, ended.log
    assert fact["proof"].endswith("move alias 'live' (now 1)")
    assert "create the alias" not in ended.log


def undecryptable(real: Lie, *args: object) -> object:
    """Lambda may not decrypt the environment for this role."""
    answer = real(*args)
    error = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "KMS says no"}}
    return replace(answer, content={**answer.content, "Environment": error})


def test_a_plan_goes_on_without_an_environment_that_it_may_not_decrypt(released: Team) -> None:
    released.wrap = lying(function=undecryptable)

    ended = released.run("plan")

    skipped = [f["proof"] for f in ended.report["facts"] if f["status"] == "skipped"]
    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "planned"), ended.log
    assert any("cannot be decrypted" in proof for proof in skipped)


def test_a_deploy_does_not_go_on_without_an_environment_that_it_may_not_decrypt(
    released: Team,
) -> None:
    released.wrap = lying(function=undecryptable)

    ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (28, ["E-ACCESS-02"])
    assert ended.writes == []


# -- the smoke event's file


@pytest.mark.parametrize("kind", ["fifo", "folder", "large", "link"])
def test_a_smoke_event_that_is_no_small_file_is_refused(released: Team, kind: str) -> None:
    path = released.workspace / "event.json"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "large":
        path.write_bytes(b" " * (6 * 1024 * 1024 + 1))
    else:
        (released.folder / "outside.json").write_text("{}")
        path.symlink_to(released.folder / "outside.json")

    ended = released.run(smoke_event="event.json")

    said = {
        "fifo": "it is not a file",
        "folder": "it is not a file",
        "large": "it has more than 6291456 bytes",
        "link": "it lies outside the workspace",
    }
    assert (ended.exit_code, ended.error_ids) == (25, ["E-SMOKE-02"])
    assert said[kind] in " ".join(ended.log.split())
    assert ended.calls == ()


# -- the real connection


def test_an_endpoint_that_nobody_serves_is_told_after_a_minute(tmp_path: Path) -> None:
    environ = {
        "INPUT_COMMAND": "verify",
        "INPUT_FUNCTION-NAME": "orders",
        "INPUT_AWS-REGION": "eu-west-1",
        "INPUT_AWS-ENDPOINT-URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "AKIASANDBOX000000001",
        "AWS_SECRET_ACCESS_KEY": "sandbox-secret",
        "GITHUB_WORKSPACE": str(tmp_path),
    }

    clock = VirtualClock()
    code = main(environ, clock=clock)

    assert code == 29
    assert 60 <= clock.monotonic() < 120
