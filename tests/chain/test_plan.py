"""`plan`: what a reviewer learns before the merge, with a role that may only read."""

from __future__ import annotations

import pytest

from tests.support.action import Team


def test_plan_names_the_files_and_the_configuration_that_would_change(team: Team) -> None:
    team.deployed()
    team.write_source({"data/words.txt": "changed\n", "new.py": "A = 1\n"})
    (team.workspace / "function" / "greet.py").unlink()
    team.sandbox.acts.console_edit_configuration(
        team.estate.function, Timeout=60, Environment={"Variables": {"TABLE": "t", "NEW": "n3w"}}
    )
    team.sandbox.clock.sleep(5)

    ended = team.run("plan")

    comparison = ended.report["comparison"]
    assert ended.exit_code == 0, ended.log
    assert comparison["version"] == "1"
    assert {f["name"]: f["what"] for f in comparison["files"]} == {
        "data/words.txt": "modified",
        "greet.py": "removed",
        "new.py": "added",
    }
    assert comparison["same_files"] == 1
    assert comparison["configuration"] == [
        {
            "name": "Environment",
            "before": None,
            "after": None,
            "note": "added NEW, removed API_KEY, changed TABLE",
        },
        {"name": "Timeout", "before": "3", "after": "60", "note": ""},
    ]
    assert "n3w" not in ended.log + ended.summary
    assert ended.writes == []


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        ("GetFunctionConfiguration", "lambda:GetFunctionConfiguration"),
        ("GetFunctionCodeSigningConfig", "lambda:GetFunctionCodeSigningConfig"),
        ("GetAlias", "lambda:GetAlias"),
        ("GetSigningProfile", "signer:GetSigningProfile"),
        ("GetFunction", "lambda:GetFunction"),
    ],
)
def test_plan_says_what_it_may_not_see_and_goes_on(
    team: Team, operation: str, permission: str
) -> None:
    team.deployed()
    team.change_code()
    team.sandbox.faults.add(operation, "denied", times=None)

    ended = team.run("plan")

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "planned"), ended.log
    skipped = [f["proof"] for f in ended.report["facts"] if f["status"] == "skipped"]
    assert any(permission in proof for proof in skipped), skipped


def test_deploy_does_not_go_on_where_it_may_not_see(team: Team) -> None:
    team.deployed()
    team.change_code()
    team.sandbox.faults.add("GetFunctionCodeSigningConfig", "denied", times=None)

    ended = team.run()

    assert ended.exit_code == 28
    assert ended.writes == []
