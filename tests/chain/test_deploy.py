"""The main job as a user sees it: what a deploy does, writes, says and leaves."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile

import pytest

from tests.attacks.conftest import evil_zip
from tests.support.action import Team
from tests.support.runner_rules import unfolded


def test_the_first_deploy_creates_the_alias_and_tells_all_outputs(team: Team) -> None:
    ended = team.run()

    alias = team.alias()
    assert ended.exit_code == 0, ended.log
    assert alias is not None
    assert alias["FunctionVersion"] == "1"
    outputs = ended.outputs
    assert outputs["outcome"] == "deployed"
    assert outputs["changed"] == "true"
    assert (outputs["version"], outputs["previous-version"]) == ("1", "")
    assert re.fullmatch("[0-9a-f]{64}", outputs["build-sha256"])
    assert re.fullmatch("[0-9a-f]{64}", outputs["config-sha256"])
    assert outputs["code-sha256"] == dict(team.versions())["1"]
    assert outputs["version-arn"].endswith(":function:orders:1")
    assert re.fullmatch("HASH-[0-9a-f]{64}", outputs["hash-alias"])
    assert outputs["signing-job-id"]


def test_a_deploy_tells_each_step_and_the_one_that_was_left_out(team: Team) -> None:
    ended = team.deployed()

    told = [fact["step"] for fact in ended.report["facts"]]
    looked = ["package", "scan", "observe", "triggers"]
    written = ["upload", "sign", "dry-run", "update", "publish", "smoke", "hash-alias", "alias"]
    assert told == [*looked, *written, "record"]
    assert [f["step"] for f in ended.report["facts"] if f["status"] != "ok"] == ["smoke"]


def test_a_code_change_publishes_one_version_and_moves_the_alias(team: Team) -> None:
    team.deployed()
    team.change_code()

    ended = team.run()

    assert ended.exit_code == 0
    assert (ended.outputs["version"], ended.outputs["previous-version"]) == ("2", "1")
    assert ended.writes == [
        "PutObject",
        "StartSigningJob",
        "UpdateFunctionCode",
        "PublishVersion",
        "CreateAlias",
        "UpdateAlias",
        "PutObject",
    ]


def test_an_unchanged_build_writes_nothing(team: Team) -> None:
    first = team.deployed()

    ended = team.run()

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "unchanged")
    assert ended.outputs["changed"] == "false"
    assert ended.writes == []
    for name in ("version", "code-sha256", "config-sha256", "hash-alias", "build-sha256"):
        assert ended.outputs[name] == first.outputs[name]


def test_a_reverted_build_is_released_again_as_the_version_it_was(team: Team) -> None:
    first = team.deployed()
    team.change_code()
    team.deployed()
    team.change_code("what runs is what was reviewed")

    ended = team.run()

    assert ended.exit_code == 0, ended.log
    assert ended.outputs["version"] == first.outputs["version"]
    assert ended.writes == ["UpdateAlias", "PutObject"]


def test_changed_configuration_is_released_as_a_new_version_of_the_same_code(team: Team) -> None:
    first = team.deployed()
    team.sandbox.acts.console_edit_configuration(team.estate.function, Timeout=60)
    team.sandbox.clock.sleep(5)

    ended = team.run()

    assert ended.exit_code == 0, ended.log
    assert ended.outputs["version"] == "2"
    assert ended.outputs["code-sha256"] == first.outputs["code-sha256"]
    assert ended.outputs["config-sha256"] != first.outputs["config-sha256"]
    assert ended.outputs["hash-alias"] != first.outputs["hash-alias"]


def test_the_chain_of_hashes_in_the_report_is_true(team: Team) -> None:
    ended = team.deployed()

    location = team.client("lambda").get_function(FunctionName=team.estate.function, Qualifier="1")[
        "Code"
    ]["Location"]
    code = team.sandbox.fetch(location)
    b64 = base64.b64encode(hashlib.sha256(code).digest()).decode()
    assert b64 == ended.outputs["code-sha256"]
    signed = [link for link in ended.report["links"] if link["name"] == "Signed zip"]
    assert signed[0]["sha256"]["base64"] == b64


def test_what_runs_holds_the_files_and_signers_signature(team: Team, tmp_path: object) -> None:
    team.deployed()

    location = team.client("lambda").get_function(
        FunctionName=team.estate.function, Qualifier="live"
    )["Code"]["Location"]

    names = zipfile.ZipFile(io.BytesIO(team.sandbox.fetch(location))).namelist()
    assert names == [
        "app.py",
        "data/words.txt",
        "greet.py",
        "META_INF/",
        "META_INF/aws_signer_signature_v1.0.SF",
    ]


@pytest.mark.parametrize(
    "stop",
    ["StartSigningJob", "UpdateFunctionCode", "PublishVersion", "CreateAlias", "UpdateAlias"],
)
def test_a_run_that_was_stopped_is_finished_by_the_next_without_doing_anything_twice(
    team: Team, stop: str
) -> None:
    team.deployed()
    team.change_code()
    team.sandbox.faults.add(stop, "denied", times=1)
    stopped = team.run()
    assert stopped.exit_code == 28

    ended = team.run()

    assert ended.exit_code == 0, ended.log
    assert [number for number, _ in team.versions()] == ["1", "2"]
    done = [c.operation for c in team.sandbox.calls if c.write and c.status < 400]
    assert done.count("StartSigningJob") == 2
    assert done.count("PutObject") == 4  # two builds and two statements
    assert team.run().writes == []


def test_unsigned_deploys_say_so_at_the_top(team: Team) -> None:
    team.sandbox.acts.remove_code_signing(team.estate.function)

    ended = team.run(allow_unsigned="true", signing_profile="", require_code_signing="off")

    assert ended.exit_code == 0, ended.log
    assert (
        ended.outputs["code-sha256"]
        == base64.b64encode(bytes.fromhex(ended.outputs["build-sha256"])).decode()
    )
    assert any("UNSIGNED" in w for w in ended.report["warnings"])
    assert "StartSigningJob" not in ended.writes
    assert (
        team.run(allow_unsigned="true", signing_profile="", require_code_signing="off").writes == []
    )


def test_unsigned_code_for_a_function_that_demands_signatures_is_refused(team: Team) -> None:
    ended = team.run(allow_unsigned="true", signing_profile="")

    assert (ended.exit_code, ended.error_ids) == (16, ["E-CODESIGNING-04"])
    assert ended.writes == []


def test_without_a_hash_alias_none_is_made(team: Team) -> None:
    ended = team.run(hash_alias="false")

    assert ended.exit_code == 0
    assert ended.outputs["hash-alias"] == ""
    assert ended.writes.count("CreateAlias") == 1
    assert team.run(hash_alias="false").writes == []


def test_the_smoke_event_is_sent_to_the_new_version_before_the_alias_moves(team: Team) -> None:
    team.deployed()
    team.change_code()
    (team.workspace / "event.json").write_text('{"n": 1}')

    ended = team.run(smoke_event="event.json")

    order = [c.operation for c in ended.calls]
    [invoke] = [c for c in ended.calls if c.operation == "Invoke"]
    assert ended.exit_code == 0, ended.log
    assert invoke.params["Qualifier"] == "2"
    assert order.index("Invoke") < order.index("UpdateAlias")
    waiting = [x for x in unfolded(ended.console.log) if x.startswith("smoke test: waiting for")]
    assert len(waiting) == 1


def test_a_failed_smoke_test_leaves_the_alias(team: Team) -> None:
    team.deployed()
    team.change_code()
    (team.workspace / "event.json").write_text("{}")
    team.sandbox.acts.fail_invocations(team.estate.function, "boom ::error::x")

    ended = team.run(smoke_event="event.json")

    alias = team.alias()
    assert (ended.exit_code, ended.error_ids) == (25, ["E-SMOKE-01"])
    assert alias is not None
    assert alias["FunctionVersion"] == "1"
    assert "FunctionError Unhandled (Exception)" in ended.log
    assert "boom" not in ended.log + ended.summary + json.dumps(ended.report)


@pytest.mark.parametrize(
    ("name", "text"), [("none.json", None), ("event.json", "{"), ("../x.json", None)]
)
def test_a_smoke_event_that_cannot_be_used_is_told_before_any_write(
    team: Team, name: str, text: str | None
) -> None:
    if text is not None:
        (team.workspace / name).write_text(text)

    ended = team.run(smoke_event=name)

    assert (ended.exit_code, ended.error_ids) == (25, ["E-SMOKE-02"])
    assert ended.calls == ()


def test_the_expected_hash_is_required_of_the_build(team: Team) -> None:
    build = team.run("plan").outputs["build-sha256"]

    wrong = team.run(expected_sha256="0" * 64)
    right = team.run(expected_sha256=build)

    assert (wrong.exit_code, wrong.error_ids) == (20, ["E-HASH-01"])
    assert wrong.calls == ()
    assert right.exit_code == 0


def test_a_given_zip_is_packed_again_and_its_own_hash_is_accepted(team: Team) -> None:
    source = team.workspace / "build.zip"
    source.write_bytes(evil_zip("def handler(event, context):\n    return 1\n"))
    given = hashlib.sha256(source.read_bytes()).hexdigest()

    ended = team.run(source="build.zip", expected_sha256=given)

    assert ended.exit_code == 0, ended.log
    assert ended.outputs["build-sha256"] != given


def test_a_missing_handler_file_is_told_with_where_it_was_found(team: Team) -> None:
    team.write_source({"../function2/src/app.py": "def handler(e, c): pass\n"})

    ended = team.run(source="function2")

    assert (ended.exit_code, ended.error_ids) == (17, ["E-FUNCTION-05"])
    assert "found src/app.py" in ended.log
    assert ended.writes == []


def test_a_missing_function_is_told(team: Team) -> None:
    ended = team.run(function_name="nobody")

    assert "E-FUNCTION-01" in ended.error_ids
    assert "no function nobody in eu-west-1/111122223333" in ended.log
    assert ended.writes == []


def test_all_that_stands_against_a_deploy_is_told_at_once(team: Team) -> None:
    ended = team.run(
        function_name="nobody",
        bucket="no-such-bucket",
        signing_profile="unknown",
        allowed_account_ids="999988887777",
    )

    assert ended.error_ids == ["E-IDENTITY-20", "E-FUNCTION-01", "E-PROFILE-01", "E-BUCKET-01"]
    assert ended.exit_code == 13


def test_an_image_function_is_refused(team: Team) -> None:
    team.client("lambda").create_function(
        FunctionName="image",
        Role="arn:aws:iam::111122223333:role/r",
        PackageType="Image",
        Code={"ImageUri": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/x:1"},
    )
    team.sandbox.clock.sleep(5)

    ended = team.run(function_name="image")

    assert (ended.exit_code, ended.error_ids) == (17, ["E-FUNCTION-02"])
    assert ended.writes == []


def test_a_functions_arn_of_another_region_is_refused(team: Team) -> None:
    ended = team.run(
        function_name="arn:aws:lambda:us-east-1:111122223333:function:orders", aws_region=""
    )

    assert ended.exit_code in (10, 13, 17)
    assert ended.writes == []


def test_an_update_that_fails_is_told_with_lambdas_reason(team: Team) -> None:
    team.deployed()
    team.change_code()
    team.sandbox.acts.fail_next_update(team.estate.function, "EniLimitExceeded", "no more ENIs")

    ended = team.run()

    assert (ended.exit_code, ended.error_ids) == (24, ["E-LAMBDA-01"])
    assert "EniLimitExceeded (no more ENIs)" in ended.log
    assert ended.report["outcome"] == "failed"


def test_a_failed_signing_job_is_told_with_its_reason(team: Team) -> None:
    team.write_source({"META_INF/other.txt": "x"})
    team.sandbox.faults.add("StartSigningJob", "denied", times=1)

    ended = team.run()

    assert (ended.exit_code, ended.error_ids) == (28, ["E-ACCESS-01"])
    assert "signer:StartSigningJob" in ended.log


def test_plan_writes_nothing_and_says_what_deploy_would_do(team: Team) -> None:
    planned = team.run("plan")
    deployed = team.deployed()
    unchanged = team.run("plan")

    assert (planned.exit_code, planned.outputs["outcome"]) == (0, "planned")
    assert planned.writes == []
    assert planned.outputs["build-sha256"] == deployed.outputs["build-sha256"]
    assert unchanged.outputs["outcome"] == "unchanged"


def test_scan_needs_no_aws(team: Team) -> None:
    ended = team.run("scan", source="function")

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "scanned")
    assert ended.calls == ()


def test_a_loop_through_a_template_blocks_before_any_write(team: Team) -> None:
    team.write_source(
        {
            "again.py": (
                "import boto3, os\ndef handler(event, context):\n"
                "    sqs = boto3.client('sqs')\n"
                "    sqs.send_message(QueueUrl=os.environ['URL'], MessageBody='x')\n"
            )
        }
    )
    (team.workspace / "template.yaml").write_text(
        "Resources:\n  Jobs: {Type: 'AWS::SQS::Queue'}\n  Again:\n"
        "    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: function/\n"
        "      Handler: again.handler\n      Environment: {Variables: {URL: !Ref Jobs}}\n"
        "      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}\n"
    )

    ended = team.run("deploy")
    silent = team.run("scan", source="function", **{"fail-on": "never"})

    assert "E-SCAN-01" in ended.log
    assert "REC-SQS (high) at again.py:4" in ended.log
    assert ended.writes == []
    assert (silent.exit_code, silent.outputs["outcome"]) == (0, "scanned")


def test_a_template_that_is_not_there_is_refused(team: Team) -> None:
    ended = team.run("scan", source="function", template="nowhere.yaml")

    assert (ended.exit_code, "E-SCAN-02" in ended.log) == (27, True)


def test_a_proven_self_invocation_blocks_before_any_write(team: Team) -> None:
    team.write_source(
        {"loop.py": "def f(c, context):\n    c.invoke(FunctionName=context.function_name)\n"}
    )

    ended = team.run()
    allowed = team.run(fail_on="never")

    assert (ended.exit_code, ended.error_ids) == (27, ["E-SCAN-01"])
    assert "loop.py:2" in ended.log
    assert ended.writes == []
    assert allowed.exit_code == 0


def test_a_scan_ends_red_on_a_proven_self_invocation(team: Team) -> None:
    team.write_source(
        {"loop.py": "def f(c, context):\n    c.invoke(FunctionName=context.function_name)\n"}
    )

    ended = team.run("scan", source="function")

    assert (ended.exit_code, ended.error_ids) == (27, ["E-SCAN-01"])
    assert ended.outputs["findings"] == "1"


def test_the_report_in_the_workspace_is_never_packed(team: Team) -> None:
    first = team.run(source=".", exclude="signer-root.pem")

    second = team.run(source=".", exclude="signer-root.pem")

    assert first.outputs["build-sha256"] == second.outputs["build-sha256"]
    assert json.loads((team.workspace / second.outputs["report"]).read_text())["outcome"]


def test_no_environment_value_or_credential_is_ever_shown(team: Team) -> None:
    ended = team.deployed()
    team.sandbox.acts.console_edit_configuration(
        team.estate.function, Environment={"Variables": {"API_KEY": "n3w-s3cr3t"}}
    )
    team.sandbox.clock.sleep(5)
    again = team.run()

    files = [p.read_text() for p in (team.workspace / ".signed-lambda").iterdir()]
    shown = "\n".join([ended.log, ended.summary, again.log, again.summary, *files])
    for secret in ("s3cr3t", "X-Amz-Signature", "sandbox-secret", "sandbox-token"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("event", "payload", "error_id"),
    [
        ("pull_request_target", {}, "E-EVENT-01"),
        (
            "pull_request",
            {"pull_request": {"head": {"repo": {"full_name": "evil/fork"}}}},
            "E-EVENT-02",
        ),
        ("pull_request", {"pull_request": {"head": {"repo": None}}}, "E-EVENT-02"),
        (
            "workflow_run",
            {"workflow_run": {"head_repository": {"full_name": "evil/fork"}}},
            "E-EVENT-02",
        ),
    ],
)
def test_a_forks_code_never_deploys(
    team: Team, event: str, payload: dict[str, object], error_id: str
) -> None:
    path = team.folder / "event.json"
    path.write_text(json.dumps(payload))
    env = {"GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(path)}

    refused = team.run(env=env)
    planned = team.run("plan", env=env)

    assert (refused.exit_code, refused.error_ids) == (34, [error_id])
    assert refused.calls == ()
    assert planned.exit_code == 0


def test_a_refused_deploy_never_gives_the_new_hash_to_the_live_version(team: Team) -> None:
    team.deployed()
    team.change_code()
    team.sandbox.before(
        "PublishVersion",
        lambda s: s.acts.console_edit_code(team.estate.function, evil_zip()),
    )

    ended = team.run()

    assert ended.exit_code == 20
    assert (ended.outputs["version"], ended.outputs["code-sha256"]) == ("1", "")
    assert "CodeSha256` of version 1" not in ended.summary
