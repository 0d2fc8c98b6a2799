"""The page of each command says what is so: the inputs that it reads, how it can end."""

from __future__ import annotations

import dataclasses
import re
import threading
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, get_args

import pytest
import yaml

from signed_lambda import context, main
from signed_lambda.chain.workbench import Order
from signed_lambda.commands import lock
from signed_lambda.errors import DeployError
from signed_lambda.inputs import COMMANDS, OUTPUTS, OUTPUTS_OF, SPECS, Inputs
from signed_lambda.report.model import Outcome
from tests.badinputs.case import CASES
from tests.promises.modules import ROOT
from tests.support.roles import trust

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.action import Ended, Team

NAMES: Final = {
    "owner": "bucket-owner",
    "profile": "signing-profile",
    "profile_owner": "signing-profile-owner",
    "functions": "function-name",
    "function": "function-name",
    "function_account": "function-name",
    "function_region": "function-name",
    "require_lock": "lock-latest",
    "allowed_accounts": "allowed-account-ids",
    "allowed_account_ids": "allowed-account-ids",
    "templates": "template",
    "timeout_s": "timeout-minutes",
}
"""How a run calls an input, where not by its name."""


COPYING: Final = threading.local()
"""`now` while this thread copies all values: that is no look at one."""


def recorded(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Inputs that are looked at from now on; filling the order is no look."""
    seen: set[str] = set()
    known = {spec.name for spec in SPECS}

    def watch(cls: type) -> None:
        plain = cls.__getattribute__

        def look(self: object, name: str) -> object:
            spelled = NAMES.get(name, name.replace("_", "-"))
            if spelled in known and not getattr(COPYING, "now", False):
                seen.add(spelled)
            return plain(self, name)

        monkeypatch.setattr(cls, "__getattribute__", look)

    watch(Inputs)
    watch(Order)
    return seen


@pytest.fixture
def runs(team: Team, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[set[str], Ended]]:
    """A run of each command that ends well, with the inputs that it looked at."""
    seen = recorded(monkeypatch)
    fill, change = main.order_of, dataclasses.replace

    def without(looks: Callable[..., Any]) -> Callable[..., Any]:
        """The same, but what it looks at does not count."""

        def quiet(*args: object, **more: object) -> object:
            COPYING.now = True
            try:
                return looks(*args, **more)
            finally:
                COPYING.now = False

        return quiet

    monkeypatch.setattr(main, "order_of", without(fill))
    for module in (context, lock):
        monkeypatch.setattr(module, "replace", without(change))
    team.deployed()
    team.change_code()
    team.deployed()
    found = {}
    for command in COMMANDS:
        more = {
            "promote": {"from_alias": "live", "alias": "prod"},
            "scan": {"source": "function"},
        }.get(command, {})
        if command in ("deploy", "plan"):
            team.change_code(command)
        seen.clear()
        ended = team.run(command, **more)
        found[command] = set(seen), ended
    return found


OTHERS: Final = {
    "deploy": {"parallel-jobs", "attestation-workflow", "attestation-roots", "allow-older"},
    "plan": {"parallel-jobs", "attestation-workflow", "attestation-roots", "allow-older"}
    | {"fail-on-unseen", "prefix", "hash-alias"},
    "rollback": {"parallel-jobs", "bucket-owner", "signing-profile-owner"},
    "promote": {
        "parallel-jobs",
        "bucket-owner",
        "signing-profile-owner",
        "prefix",
        "from-role",
        "from-function",
    },
    "verify": {"parallel-jobs", "bucket-owner", "signing-profile-owner"},
    "lock": {"parallel-jobs", "signing-profile-owner"},
    "history": {"parallel-jobs", "allow-unsigned", "require-code-signing"},
    "scan": set(),
}
"""Inputs that a command looks at only beside others, or that the tests' connection leaves out."""
EMPTY: Final = {
    "plan": {"version", "version-arn", "code-sha256", "hash-alias", "signing-job-id"},
    "promote": {"previous-version"},
}
"""What these runs leave empty: a plan of a new build has no version, a new alias none before."""
NO_MATTER: Final = {"alias", "comment", "pr-number", "open-issue"}
"""Copied into the report, or kept for a talk with GitHub, whatever the command."""

UNUSED: Final = {"scan": {"aws-region", "aws-endpoint-url", "expected-sha256"}}
"""Looked at on a way that all commands go, where it means nothing for this one."""


def test_a_page_lists_the_inputs_that_its_command_looks_at_and_no_other(
    runs: dict[str, tuple[set[str], Ended]],
) -> None:
    for name, (seen, ended) in runs.items():
        listed = {spec.name for spec in SPECS if spec.is_read_by(COMMANDS[name].name)}

        assert ended.exit_code == 0, ended.log
        assert seen - listed <= NO_MATTER | UNUSED.get(name, set()), name
        assert listed - seen == OTHERS[name] & listed - seen, (name, listed - seen - OTHERS[name])


def test_a_page_lists_the_outputs_that_its_command_fills(
    runs: dict[str, tuple[set[str], Ended]],
) -> None:
    for name, (_, ended) in runs.items():
        filled = {one for one, text in ended.outputs.items() if text not in ("", "[]")}
        listed = {one for one in OUTPUTS if name in OUTPUTS_OF.get(one, COMMANDS)}

        assert filled - listed == set(), name
        assert listed - filled <= EMPTY.get(name, set()) | {"comment-url"}, name


def test_a_page_names_how_its_command_ends_well(
    runs: dict[str, tuple[set[str], Ended]],
) -> None:
    known = set(get_args(Outcome))

    for name, (_, ended) in runs.items():
        ends = [outcome for outcome, _ in COMMANDS[name].ends]
        assert ended.outputs["outcome"] in ends
        assert set(ends) <= known


def test_a_page_names_the_exit_code_of_every_bad_input_of_its_command() -> None:
    codes = {cls.area: cls.exit_code for cls in DeployError.__subclasses__()}
    told = {name: {codes[area] for area in c.errors} for name, c in COMMANDS.items()}
    cases = [(c.inputs.get("command") or c.command, c) for c in CASES if c.exit]

    missing = [
        case.folder.name
        for command, case in cases
        if command in told and case.exit not in told[command]
    ]
    assert missing == []
    assert len(cases) > 200


def test_every_page_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    assert [name for name in COMMANDS if f"docs/commands/{name}.md" not in readme] == []


def smallest(command: str) -> dict[Any, Any]:
    """The workflow of a command's page."""
    text = (ROOT / "docs" / "commands" / f"{command}.md").read_text("utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    workflow: dict[Any, Any] = yaml.safe_load(block)
    return workflow


TRUSTS: Final = {
    "deploy": ("trust", "production"),
    "promote": ("trust", "production"),
    "rollback": ("trust", "rollback"),
    "plan": ("trust-plan", ""),
    "verify": ("trust-verify", ""),
    "history": ("trust-verify", ""),
}
"""By whose role a job of the command runs: the file of docs/iam, and the environment in it."""


@pytest.mark.parametrize("command", sorted(TRUSTS))
def test_the_job_of_a_page_may_take_the_role_of_its_command(command: str) -> None:
    workflow = smallest(command)
    (job,) = workflow["jobs"].values()

    if "environment" in job:  # it takes the place of the event in the token's subject
        subject = f"environment:{job['environment']}"
    else:
        subject = "pull_request" if "pull_request" in workflow[True] else "ref:refs/heads/main"

    statement = trust(*TRUSTS[command])
    accepted = [
        one
        for condition in statement["Condition"].values()
        for one in condition.get("token.actions.githubusercontent.com:sub", [])
    ]
    assert [one for one in accepted if fnmatchcase(f"repo:acme/orders:{subject}", one)]


def test_the_rollback_of_its_page_is_asked_as_that_of_the_examples() -> None:
    """Each `gh workflow run rollback.yml -f ...` of the pages and of comments is run with these."""
    shown = smallest("rollback")
    example = yaml.safe_load((ROOT / "examples" / "rollback.yml").read_text("utf-8"))

    ((job,), (by_example,)) = (w["jobs"].values() for w in (shown, example))

    assert shown[True] == example[True]
    assert list(shown[True]["workflow_dispatch"]["inputs"]) == [
        *("function-name", "alias", "to", "reason"),
    ]
    assert job["steps"][-1]["with"] == by_example["steps"][-1]["with"]
    assert shown["concurrency"] == example["concurrency"]
    assert job["environment"] == by_example["environment"]
