"""The statement of a release: what it says is so, it is kept once, and it decides nothing."""

from __future__ import annotations

import base64
import errno
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from signed_lambda.errors import AccessError, Cancelled
from tests.support.lying import lying

if TYPE_CHECKING:
    from tests.support.action import Ended, Team


@pytest.fixture
def released(team: Team) -> Team:
    """Version 1 is live; the source has changed."""
    team.deployed()
    team.change_code()
    return team


def kept(team: Team) -> dict[str, dict[str, Any]]:
    """The statements in the bucket, by their keys."""
    s3, bucket = team.client("s3"), team.estate.bucket
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="signed-lambda/releases/")
    return {
        o["Key"]: json.loads(s3.get_object(Bucket=bucket, Key=o["Key"])["Body"].read())
        for o in listed.get("Contents", ())
    }


def told(ended: Ended) -> list[str]:
    """How the statement is told of."""
    return [f["status"] for f in ended.report["facts"] if f["step"] == "record"]


def test_a_release_leaves_one_statement_whose_every_value_is_lambdas(released: Team) -> None:
    ended = released.deployed()

    [statement] = [s for k, s in kept(released).items() if "/live/2-" in k]
    version = released.client("lambda").get_function_configuration(
        FunctionName=released.estate.function, Qualifier="2"
    )
    code = base64.b64decode(version["CodeSha256"]).hex()
    build = ended.outputs["build-sha256"]
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert statement["subject"] == [
        {"name": "orders/2.zip", "digest": {"sha256": code}},
        {"name": "orders/2-unsigned.zip", "digest": {"sha256": build}},
    ]
    told_of = statement["predicate"]["urn:signed-lambda-deploy:deployment:1"]
    assert told_of == {
        "kind": "deploy",
        "reason": "",
        "from": None,
        "function": version["FunctionArn"].removesuffix(":2"),
        "version": "2",
        "alias": {"name": "live", "before": "1", "after": "2"},
        "codeSha256": {"hex": code, "base64": version["CodeSha256"]},
        "buildSha256": build,
        "configSha256": ended.outputs["config-sha256"],
        "codeAndConfigSha256": ended.outputs["hash-alias"].removeprefix("HASH-"),
        "hashAlias": ended.outputs["hash-alias"],
        "signing": {
            "job": version["SigningJobArn"],
            "profileVersion": version["SigningProfileVersionArn"],
        },
    }


def test_it_says_which_run_made_it_of_which_commit(released: Team) -> None:
    released.deployed()

    statement = next(s for k, s in kept(released).items() if "/live/2-" in k)
    definition = statement["predicate"]["buildDefinition"]
    details = statement["predicate"]["runDetails"]
    commit = f"{2:040x}"
    assert definition["externalParameters"] == {"repository": "acme/orders", "commit": commit}
    assert definition["resolvedDependencies"] == [
        {"uri": f"git+https://github.com/acme/orders@{commit}", "digest": {"gitCommit": commit}}
    ]
    run = "https://github.com/acme/orders/actions/runs/1002/attempts/1"
    assert details["metadata"]["invocationId"] == run
    assert details["metadata"]["finishedOn"].endswith("Z")
    assert details["builder"]["id"] == "urn:signed-lambda-deploy:action"


def test_its_files_in_the_workspace_fit_actions_attest(released: Team) -> None:
    ended = released.deployed()

    read = {
        name: (released.workspace / ended.outputs[name]).read_text(encoding="utf-8")
        for name in ("provenance", "predicate", "subjects")
    }
    statement = json.loads(read["provenance"])
    assert statement == next(s for k, s in kept(released).items() if "/live/2-" in k)
    assert json.loads(read["predicate"]) == statement["predicate"]
    assert read["subjects"].splitlines() == [
        f"{s['digest']['sha256']}  {s['name']}" for s in statement["subject"]
    ]


def test_an_unsigned_release_says_so_and_has_one_subject(team: Team) -> None:
    team.sandbox.acts.remove_code_signing(team.estate.function)

    team.deployed(signing_profile="", allow_unsigned="true", require_code_signing="off")

    [statement] = kept(team).values()
    assert [s["name"] for s in statement["subject"]] == ["orders/1.zip"]
    assert statement["predicate"]["urn:signed-lambda-deploy:deployment:1"]["signing"] is None


def test_what_releases_nothing_leaves_no_statement(released: Team) -> None:
    before = kept(released)
    released.change_code("what runs is what was reviewed")

    ended = [
        released.run(),
        released.run(expected_sha256="0" * 64),
        released.run("plan"),
        released.run("verify"),
    ]

    assert kept(released) == before
    assert [e.outputs["provenance"] for e in ended] == [""] * 4


def test_no_statement_is_kept_before_the_alias_was_read_back(released: Team) -> None:
    released.deployed()

    operations = [c.operation for c in released.sandbox.calls]
    last = len(operations) - operations[::-1].index("PutObject") - 1
    moved = len(operations) - operations[::-1].index("UpdateAlias") - 1
    assert operations[moved : last + 1] == ["UpdateAlias", "GetAlias", "PutObject"]


@pytest.mark.parametrize(
    "error",
    [
        AccessError.of("E-ACCESS-01", "s3:PutObject is missing", "Allow it"),
        Cancelled.of("E-CANCEL-01", "s3:PutObject is missing", "Run it again"),
    ],
    ids=["denied", "cancelled"],
)
def test_a_statement_that_cannot_be_kept_fails_no_release(
    released: Team, error: AccessError | Cancelled
) -> None:
    def refuse(real: Any, bucket: str, key: str, *rest: Any, **named: Any) -> Any:  # noqa: ANN401 - the port's method
        if "/releases/" in key:
            raise error
        return real(bucket, key, *rest, **named)

    released.wrap = lying(put_object=refuse)

    ended = released.run()

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed"), ended.log
    assert told(ended) == ["warning"]
    assert any("s3:PutObject is missing" in w for w in ended.report["warnings"])
    assert (released.workspace / ended.outputs["provenance"]).exists()


def test_a_disk_that_is_full_after_the_move_fails_no_release(
    released: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_text = Path.write_text

    def full(path: Path, text: str, encoding: str | None = None) -> int:
        if path.name.endswith("statement.json"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_text(path, text, encoding=encoding)

    monkeypatch.setattr(Path, "write_text", full)

    ended = released.run()

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed"), ended.log
    assert told(ended) == ["warning"]
    assert any(w.endswith(": No space left on device") for w in ended.report["warnings"])


def again(team: Team, run_id: str, attempt: str) -> Ended:
    """The same workflow run, once more."""
    return team.run(env={"GITHUB_RUN_ID": run_id, "GITHUB_RUN_ATTEMPT": attempt})


def test_an_attempt_that_lost_its_statement_is_made_up_for_once(released: Team) -> None:
    def lose(real: Any, bucket: str, key: str, *rest: Any, **named: Any) -> Any:  # noqa: ANN401 - the port's method
        if "/releases/" in key:
            raise AccessError.of("E-ACCESS-01", "lost", "Allow it")
        return real(bucket, key, *rest, **named)

    released.wrap = lying(put_object=lose)
    again(released, "7077", "1")
    released.wrap = lambda cloud: cloud

    second, third = again(released, "7077", "2"), again(released, "7077", "3")

    keys = [k for k in kept(released) if k.endswith("-7077.json")]
    assert len(keys) == 1
    statement = kept(released)[keys[0]]
    assert statement["predicate"]["runDetails"]["metadata"]["invocationId"].endswith(
        "/7077/attempts/1"
    )
    assert (second.outputs["outcome"], second.writes) == ("unchanged", ["PutObject"])
    assert (third.outputs["outcome"], third.writes) == ("unchanged", [])
    assert "PutObject" not in [call.operation for call in third.calls]


def test_another_run_that_changes_nothing_writes_nothing(released: Team) -> None:
    again(released, "7077", "1")

    ended = again(released, "7078", "1")

    assert (ended.outputs["outcome"], ended.writes) == ("unchanged", [])
    assert [c.operation for c in ended.calls].count("ListObjectsV2") == 0


def test_a_build_that_comes_back_is_another_release_of_the_same_version(released: Team) -> None:
    released.deployed()
    released.change_code("what runs is what was reviewed")

    released.deployed()

    assert sorted(k.rpartition("/")[2].partition("-")[0] for k in kept(released)) == ["1", "1", "2"]
