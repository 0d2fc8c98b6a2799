"""Promotion from another function: the same signed bytes, whatever account and region."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lambda_sandbox.estate import make_estate
from signed_lambda.errors import AccessError
from signed_lambda.model import Sha256
from tests.promises.modules import ROOT
from tests.support.lying import lying
from tests.support.two_accounts import DEV, PROD, allow_publishers, two_accounts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.action import Ended, Team
    from tests.support.two_accounts import TwoAccounts


@pytest.fixture
def pair(tmp_path: Path) -> TwoAccounts:
    """A release of dev, tried behind `staging`, and prod in another account and region."""
    made = two_accounts(tmp_path)
    made.release()
    return made


@pytest.fixture
def two(team: Team) -> Team:
    """One account with `orders`, released behind `staging`, and `orders-prod`."""
    team.another_function("orders-prod")
    team.deployed(alias="staging")
    return team


def within(team: Team, **inputs: str) -> Ended:
    """A promotion from `orders` to `orders-prod` of the same account."""
    given = {
        "function_name": "orders-prod",
        "from_function": "orders",
        "from_alias": "staging",
        "bucket": team.estate.bucket,
        **inputs,
    }
    return team.run("promote", **given)


def refused(ended: Ended, *ids: str) -> None:
    """It was refused for these reasons, and wrote nothing."""
    assert ended.error_ids == list(ids), ended.log
    assert ended.outputs["outcome"] == "refused"
    assert [c.operation for c in ended.calls if c.write] == []


def code_of(client: Any, function: str, qualifier: str) -> str:  # noqa: ANN401 - a boto3 client
    """CodeSha256 as Lambda says it."""
    answer = client.get_function_configuration(FunctionName=function, Qualifier=qualifier)
    return str(answer["CodeSha256"])


def test_the_same_signed_bytes_run_in_the_other_account_and_region(pair: TwoAccounts) -> None:
    jobs = len(pair.dev.sandbox.signer.state.jobs)

    ended = pair.promote(reason="a week without an error")

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "promoted"), ended.log
    source = code_of(pair.at_dev("lambda"), "orders", "staging")
    there = pair.at_prod("lambda").get_function_configuration(
        FunctionName="orders", Qualifier="live"
    )
    assert there["CodeSha256"] == source == ended.outputs["code-sha256"]
    assert there["FunctionArn"].split(":")[3:5] == ["eu-central-1", PROD]
    assert there["SigningJobArn"].split(":")[3:5] == ["eu-west-1", DEV]
    assert len(pair.dev.sandbox.signer.state.jobs) == jobs
    assert {c.service for c in pair.dev.sandbox.writes()} <= {"s3", "lambda", "signer", "iam"}
    assert "StartSigningJob" not in [c.operation for c in ended.calls]


def test_the_chain_goes_from_the_first_alias_to_the_last_by_one_hash(pair: TwoAccounts) -> None:
    ended = pair.promote()

    links = ended.report["links"]
    told = [(link["name"], link["equals"]) for link in links]
    assert told[:3] == [
        ("CodeSha256 behind alias 'staging' of orders, version 1", ""),
        ("Its code, downloaded", "its CodeSha256, and its signature verifies"),
        ("Object in S3", "the code of version 1 of orders"),
    ]
    assert told[-1] == ("CodeSha256 behind alias 'live'", "version 1")
    code = {link["sha256"]["base64"] for link in links if "configuration" not in link["name"]}
    assert code == {ended.outputs["code-sha256"]}
    came_from = ended.report["came_from"]
    assert (came_from["function_arn"], came_from["version"]) == (pair.source, "1")
    assert came_from["build_sha256"]["hex"] in ended.log
    comment = (pair.prod.workspace / ".signed-lambda" / "promote-orders-live.md").read_text()
    assert "the same bytes as version 1 of `orders` behind its alias `staging`" in comment


def test_a_promotion_that_is_run_again_writes_nothing(pair: TwoAccounts) -> None:
    first = pair.promote()

    for more in ({}, {"hash_alias": "false"}):
        again = pair.promote(**more)

        assert (again.outputs["outcome"], again.writes) == ("unchanged", [])
        assert again.outputs["code-sha256"] == first.outputs["code-sha256"]
        assert not {"PutObject", "UpdateFunctionCode"} & {c.operation for c in again.calls}


def test_the_next_release_moves_on_and_the_former_can_be_rolled_back_to(
    pair: TwoAccounts,
) -> None:
    pair.promote()
    pair.release("second")

    ended = pair.promote()

    assert (ended.outputs["version"], ended.outputs["previous-version"]) == ("2", "1")
    back = pair.prod.run("rollback")
    assert (back.exit_code, back.outputs["version"]) == (0, "1"), back.log


def test_a_job_of_another_account_is_said_to_be_unseen_and_its_profile_is_looked_at(
    pair: TwoAccounts,
) -> None:
    pair.promote()
    pair.release("second")
    pair.promote()

    ended = [pair.prod.run("rollback", to="1"), pair.prod.run("verify")]

    for each in ended:
        unseen = [f["proof"] for f in each.report["facts"] if f["status"] == "skipped"]
        assert each.exit_code == 0, each.log
        assert any(f"is of account {DEV}, which alone sees" in proof for proof in unseen)
    strict = pair.prod.run("verify", fail_on_unseen="true")
    assert strict.error_ids == ["E-ACCESS-03"]
    listed = pair.prod.run("history").report["releases"]
    assert {r["standing"] for r in listed} == {"usable"}
    pair.at_dev("signer").revoke_signing_profile(
        profileName="orders_prod",
        profileVersion=pair.dev.estate.profile_version_arn.rpartition("/")[2],
        reason="leaked",
        effectiveTime=pair.dev.sandbox.clock.now(),
    )
    refused(pair.prod.run("rollback", to="2"), "E-TARGET-04")


def test_another_region_of_the_account_needs_no_role_and_its_job_is_seen(team: Team) -> None:
    far = make_estate(
        team.sandbox.session("us-east-2").client,
        sleep=team.sandbox.clock.sleep,
        bucket="acme-far",
        region="us-east-2",
    )
    team.client("lambda").update_code_signing_config(
        CodeSigningConfigArn=team.estate.code_signing_config_arn,
        AllowedPublishers={"SigningProfileVersionArns": [far.profile_version_arn]},
    )
    team.more = {"AWS_ACCESS_KEY_ID": "AKIASANDBOX000000001", "AWS_SECRET_ACCESS_KEY": "own-key"}
    with team.on_a_port():
        team.deployed(alias="staging", bucket="acme-far", aws_region="us-east-2")

        ended = team.run(
            "promote",
            from_function=f"arn:aws:lambda:us-east-2:{DEV}:function:orders-far",
            from_alias="staging",
            bucket=team.estate.bucket,
        )
        named = team.run(
            "promote",
            from_function=f"arn:aws:lambda:us-east-2:{DEV}:function:orders",
            from_alias="staging",
            bucket=team.estate.bucket,
        )
        verified = team.run("verify", fail_on_unseen="true")

    refused(ended, "E-TARGET-08")
    assert (named.exit_code, named.outputs["outcome"]) == (0, "promoted"), named.log
    version = team.client("lambda").get_function_configuration(
        FunctionName="orders", Qualifier="live"
    )
    assert version["SigningJobArn"].split(":")[3] == "us-east-2"
    assert (verified.exit_code, verified.outputs["outcome"]) == (0, "verified"), verified.log


def test_the_target_keeps_its_own_configuration_and_the_records_of_the_build(two: Team) -> None:
    client = two.client("lambda")
    client.update_function_configuration(FunctionName="orders-prod", MemorySize=1024)
    two.sandbox.clock.sleep(10)
    source = client.get_function_configuration(FunctionName="orders", Qualifier="staging")

    ended = within(two)

    there = client.get_function_configuration(FunctionName="orders-prod", Qualifier="live")
    assert ended.exit_code == 0, ended.log
    assert (there["MemorySize"], source["MemorySize"]) == (1024, 128)
    build = source["Description"].split("build=")[1][:64]
    commit = source["Description"].split("commit=")[1][:40]
    assert f"build={build} commit={commit}" in there["Description"]
    verified = two.run("verify", function_name="orders-prod")
    assert verified.outputs["outcome"] == "verified", verified.log
    [release] = two.run("history", function_name="orders-prod").report["releases"]
    assert (release["build"], release["commit"], release["command"]) == (build, commit, "promote")


def test_the_object_has_the_name_of_its_hash_and_is_rehashed_when_it_is_there(two: Team) -> None:
    code = code_of(two.client("lambda"), "orders", "staging")
    key = f"signed-lambda/signed/{base64.b64decode(code).hex()}.zip"
    two.client("s3").put_object(Bucket=two.estate.bucket, Key=key, Body=b"something else")

    refused_now = within(two)

    assert refused_now.error_ids == ["E-BUCKET-06"]
    assert refused_now.writes == []
    two.client("s3").delete_object(Bucket=two.estate.bucket, Key=key)
    assert within(two).exit_code == 0
    body = two.client("s3").get_object(Bucket=two.estate.bucket, Key=key)["Body"].read()
    assert base64.b64encode(hashlib.sha256(body).digest()).decode() == code


def test_a_version_of_another_configuration_is_not_taken_for_the_release(two: Team) -> None:
    within(two, hash_alias="false")
    client = two.client("lambda")
    client.update_function_configuration(FunctionName="orders-prod", MemorySize=1024)
    two.sandbox.clock.sleep(10)

    ended = within(two, hash_alias="false")

    live = client.get_function_configuration(FunctionName="orders-prod", Qualifier="live")
    assert (ended.outputs["version"], live["MemorySize"]) == ("2", 1024), ended.log


def test_the_workflow_of_the_guide_promotes(pair: TwoAccounts) -> None:
    page = (ROOT / "docs" / "guides" / "accounts.md").read_text("utf-8")
    workflow = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])
    step = workflow["jobs"]["promote"]["steps"][-1]["with"]
    inputs = {name.replace("-", "_"): value for name, value in step.items()}
    role = workflow["jobs"]["promote"]["steps"][0]["with"]

    ended = pair.prod.run(**(inputs | {"reason": "as the page says"}))

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "promoted"), ended.log
    assert (role["aws-region"], role["role-to-assume"].split(":")[4]) == ("eu-central-1", PROD)


# -- what is refused before anything is written


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Runtime", "python3.12"),
        ("Handler", "main.handler"),
    ],
)
def test_another_runtime_or_handler_is_refused(two: Team, member: str, value: str) -> None:
    client = two.client("lambda")
    client.update_function_configuration(FunctionName="orders-prod", **{member: value})
    two.sandbox.clock.sleep(10)

    ended = within(two)

    refused(ended, "E-TARGET-09")
    assert value in ended.report["problems"][0]["what"]


def test_another_architecture_is_refused(two: Team) -> None:
    function = two.sandbox.lambda_state.functions["orders-prod"]
    function.latest.configuration["Architectures"] = ["arm64"]

    ended = within(two)

    refused(ended, "E-TARGET-09")
    assert "x86_64, of orders-prod it is arm64" in ended.report["problems"][0]["what"]


def test_a_publisher_that_the_target_does_not_allow_is_refused(pair: TwoAccounts) -> None:
    allow_publishers(pair, pair.prod.estate.profile_version_arn)

    ended = pair.promote()

    refused(ended, "E-CODESIGNING-03")
    assert pair.dev.estate.profile_version_arn in ended.report["problems"][0]["what"]


def test_a_revoked_job_is_refused(pair: TwoAccounts) -> None:
    [job] = pair.dev.sandbox.signer.state.jobs.values()
    pair.at_dev("signer").revoke_signature(jobId=job.id, reason="leaked")

    refused(pair.promote(), "E-TARGET-04")


def test_the_source_of_another_account_needs_a_role_there(pair: TwoAccounts) -> None:
    ended = pair.promote(from_role="")

    refused(ended, "E-IDENTITY-22")
    assert (DEV in ended.log, PROD in ended.log) == (True, True)


def test_a_role_that_may_not_be_assumed_is_told_with_what_it_needs(pair: TwoAccounts) -> None:
    ended = pair.promote(from_role=f"arn:aws:iam::{DEV}:role/nobody")

    assert ended.error_ids == ["E-ACCESS-01"]
    assert "sts:AssumeRole" in ended.report["problems"][0]["what"]
    assert "trust policy" in ended.report["problems"][0]["do"]
    assert ended.writes == []


@pytest.mark.parametrize("alias", ["nowhere", "latest"])
def test_an_alias_without_one_version_is_refused(two: Team, alias: str) -> None:
    two.client("lambda").create_alias(
        FunctionName="orders", Name="latest", FunctionVersion="$LATEST"
    )

    refused(within(two, from_alias=alias), "E-TARGET-08")


def test_a_weighted_alias_and_a_missing_function_are_refused(two: Team) -> None:
    two.change_code("second")
    two.deployed(alias="other")
    two.client("lambda").update_alias(
        FunctionName="orders",
        Name="staging",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )

    refused(within(two), "E-TARGET-08")
    refused(within(two, from_function="orders-gone"), "E-TARGET-08")


def test_the_function_itself_is_no_other_function_by_whatever_name(two: Team) -> None:
    arn = f"arn:aws:lambda:eu-west-1:{DEV}:function:orders"

    ended = within(two, function_name="orders", from_function=arn, alias="staging")

    refused(ended, "E-INPUT-04")


def test_a_version_that_this_action_did_not_publish_is_refused(two: Team) -> None:
    acts = two.sandbox.acts
    number = acts.publish("orders")
    two.client("lambda").update_alias(FunctionName="orders", Name="staging", FunctionVersion=number)
    version = two.sandbox.lambda_state.functions["orders"].versions[number]
    version.configuration["Description"] = "by hand"

    refused(within(two), "E-TARGET-10")


def test_a_record_that_was_made_for_another_version_is_refused(two: Team) -> None:
    version = two.sandbox.lambda_state.functions["orders"].versions["1"]
    written = version.configuration["Description"]
    version.configuration["Description"] = written.replace(written[25:30], "00000")

    refused(within(two), "E-TARGET-10")


def test_unsigned_code_is_refused_and_taken_where_it_is_allowed(two: Team) -> None:
    for name in ("orders", "orders-prod"):
        two.sandbox.acts.remove_code_signing(name)
    two.deployed(
        alias="staging", signing_profile="", allow_unsigned="true", require_code_signing="off"
    )

    refused(within(two), "E-CODESIGNING-01")
    taken = within(two, allow_unsigned="true", require_code_signing="off")

    assert taken.exit_code == 0, taken.log
    assert any("UNSIGNED" in warning for warning in taken.report["warnings"])


def test_an_unsigned_source_is_refused_by_a_target_that_wants_signed_code(two: Team) -> None:
    two.sandbox.acts.remove_code_signing("orders")
    two.deployed(
        alias="staging", signing_profile="", allow_unsigned="true", require_code_signing="off"
    )

    refused(within(two), "E-TARGET-03")
    refused(within(two, allow_unsigned="true"), "E-CODESIGNING-04")


def test_bytes_that_do_not_hash_as_the_source_says_are_refused(two: Team) -> None:
    def other(real: Any, name: str, version: str, to: Path, held: Any = None) -> Any:  # noqa: ANN401 - the port's method
        got = real(name, version, to, held)
        return replace(got, sha256=Sha256(b"x" * 32)) if name == "orders" else got

    two.wrap = lying(download_code=other)

    refused(within(two), "E-HASH-06")


def test_an_alias_that_moves_while_it_is_read_is_refused(two: Team) -> None:
    two.change_code("second")
    two.deployed(alias="other")
    two.sandbox.before(
        "GetFunction",
        lambda s: s.acts.move_alias("orders", "staging", "2"),
    )

    refused(within(two), "E-TARGET-08")


# -- statements


def kept(team: Team, client: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - a boto3 client
    """The statements in the bucket, by their keys."""
    listed = client.list_objects_v2(Bucket=team.estate.bucket, Prefix="signed-lambda/releases/")
    return {
        o["Key"]: json.loads(
            client.get_object(Bucket=team.estate.bucket, Key=o["Key"])["Body"].read()
        )
        for o in listed.get("Contents", ())
    }


def test_a_promotion_leaves_a_statement_of_from_and_to(pair: TwoAccounts) -> None:
    ended = pair.promote(reason="tried")

    [statement] = kept(pair.prod, pair.at_prod("s3")).values()
    assert statement["predicateType"] == "urn:signed-lambda-deploy:deployment:1"
    predicate = statement["predicate"]
    assert (predicate["kind"], predicate["reason"]) == ("promote", "tried")
    assert predicate["from"] == {"function": pair.source, "version": "1", "alias": "staging"}
    assert predicate["alias"] == {"name": "live", "before": "", "after": "1"}
    assert predicate["codeSha256"]["base64"] == ended.outputs["code-sha256"]
    assert predicate["signing"]["job"].split(":")[4] == DEV
    path = pair.prod.workspace / ended.outputs["provenance"]
    assert json.loads(path.read_text()) == statement


def test_an_attempt_that_lost_its_statement_is_made_up_for(pair: TwoAccounts) -> None:
    def lose(real: Any, bucket: str, key: str, *rest: Any, **named: Any) -> Any:  # noqa: ANN401 - the port's method
        if "/releases/" in key:
            raise AccessError.of("E-ACCESS-01", "lost", "Allow it")
        return real(bucket, key, *rest, **named)

    pair.prod.more = {"GITHUB_RUN_ID": "7077"}
    pair.prod.wrap = lying(put_object=lose)
    pair.promote()
    pair.prod.wrap = lambda cloud: cloud

    second, third = pair.promote(), pair.promote()

    assert (second.outputs["outcome"], second.writes) == ("unchanged", ["PutObject"])
    assert (third.outputs["outcome"], third.writes) == ("unchanged", [])
    [statement] = kept(pair.prod, pair.at_prod("s3")).values()
    assert statement["predicate"]["from"]["function"] == pair.source


@pytest.mark.parametrize(
    ("command", "inputs", "kind"),
    [
        ("rollback", {"to": "1", "reason": "errors"}, "rollback"),
        ("promote", {"alias": "prod", "from_alias": "live", "reason": "errors"}, "promote"),
    ],
)
def test_a_move_within_a_function_tells_its_statement_and_writes_the_alias_alone(
    team: Team, command: str, inputs: dict[str, str], kind: str
) -> None:
    team.deployed()
    team.change_code("second")
    team.deployed()
    before = kept(team, team.client("s3"))

    ended = team.run(command, **inputs)

    assert {c.operation for c in ended.calls if c.write} <= {"UpdateAlias", "CreateAlias"}
    assert kept(team, team.client("s3")) == before
    statement = json.loads((team.workspace / ended.outputs["provenance"]).read_text())
    predicate = json.loads((team.workspace / ended.outputs["predicate"]).read_text())
    assert statement["predicate"] == predicate
    assert (predicate["kind"], predicate["reason"], predicate["from"]) == (kind, "errors", None)
    assert predicate["version"] == ended.outputs["version"]
    assert predicate["buildSha256"] in statement["subject"][1]["digest"]["sha256"]
    again = team.run(command, **inputs)
    assert (again.outputs["outcome"], again.outputs["provenance"]) == ("unchanged", "")


# -- the keys of the other account


def test_keys_of_the_assumed_role_are_masked_before_they_are_used_and_shown_nowhere(
    pair: TwoAccounts,
) -> None:
    given: list[str] = []
    assume = pair.dev.sandbox.gateway.assumed

    def remembering(*args: Any) -> Any:  # noqa: ANN401 - the sandbox's own answer
        answer = assume(*args)
        given.extend(
            answer.body.split(b"<%s>" % member)[1].split(b"<")[0].decode()
            for member in (b"SecretAccessKey", b"SessionToken")
        )
        return answer

    pair.dev.sandbox.gateway.assumed = remembering  # type: ignore[method-assign]
    keys = {"AWS_ACCESS_KEY_ID": "AKIASANDBOX000000001", "AWS_SECRET_ACCESS_KEY": "prods-own-key"}
    with pair.prod.on_a_port():
        pair.prod.more = keys

        ended = pair.promote()

    assert (ended.exit_code, len(given)) == (0, 2), ended.log
    lines = ended.log.split("\n")
    first_step = next(n for n, line in enumerate(lines) if line.startswith("::group::"))
    for secret in given:
        masks = [n for n, line in enumerate(lines) if line == f"::add-mask::{secret}"]
        assert masks
        assert masks[0] < first_step
        shown = [line for line in lines if secret in line and not line.startswith("::add-mask::")]
        assert shown == []
        assert secret not in json.dumps(ended.report) + ended.summary


def test_a_job_that_another_account_denies_is_unseen_and_one_of_our_own_is_an_error(
    pair: TwoAccounts,
) -> None:
    pair.promote()
    pair.release("second")
    pair.promote()

    def deny(_real: Any, job_id: str) -> Any:  # noqa: ANN401 - the port's method
        raise AccessError.of("E-ACCESS-01", f"missing signer:DescribeSigningJob on {job_id}", "Ask")

    pair.prod.wrap = pair.dev.wrap = lying(signing_job=deny)

    foreign = pair.prod.run("rollback", to="1")
    own = pair.dev.run("rollback", alias="staging", to="1")

    assert (foreign.exit_code, foreign.outputs["version"]) == (0, "1"), foreign.log
    assert own.error_ids == ["E-ACCESS-01"]
