"""The report reaches whom it can; what cannot be written is told and changes nothing."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lambda_sandbox.core import VirtualClock
from signed_lambda.inputs import Inputs, read
from signed_lambda.publishing import FOLDER, rule_pages, tell
from signed_lambda.pull_request import Conversation
from signed_lambda.report.model import Fact, Status
from signed_lambda.report.rulepage import RulePage
from signed_lambda.runner import Runner
from signed_lambda.scan import all_rules
from signed_lambda.signals import StopFlag
from tests.support.github_server import GitHubServer
from tests.support.runner_rules import Console, read_pairs
from tests.unit.report.cases import LOOP
from tests.unit.report.cases import report as deployed_report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from signed_lambda.report.model import Report

DEPLOYED = deployed_report()
NAME = "deploy-orders-thumbnailer-live"


class Desk:
    """A workspace, the runner's files, and what was printed."""

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "workspace"
        self.workspace.mkdir()
        self.output, self.summary = folder / "output", folder / "summary"
        self.output.touch()
        self.summary.touch()
        self.out = io.StringIO()
        self.environ = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_REPOSITORY": "acme/orders",
            "GITHUB_RUN_ID": "17204991112",
        }

    def inputs(self, **given: str) -> Inputs:
        """Inputs of a rollback, which needs the least."""
        base = {"command": "rollback", "function-name": "orders", "aws-region": "eu-west-1"}
        named = base | {name.replace("_", "-"): value for name, value in given.items()}
        return read({f"INPUT_{name.upper()}": value for name, value in named.items()})

    def tell(self, report: Report = DEPLOYED, inputs: Inputs | None = None) -> str:
        """Tells the report; the log."""
        runner = Runner(self.environ, self.out)
        talk = (
            Conversation(inputs, runner, self.environ, VirtualClock(), StopFlag())
            if inputs
            else None
        )
        tell(report, runner, self.environ, talk, None)
        return self.out.getvalue()

    @property
    def folder(self) -> Path:
        """Where the report's files go."""
        return self.workspace / FOLDER

    def path_told(self, output: str = "report") -> str:
        """One of the outputs."""
        return read_pairs(self.output.read_text())[output]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_every_reader_gets_the_report(desk: Desk) -> None:
    log = desk.tell()

    report = json.loads((desk.folder / f"{NAME}.json").read_text())
    assert report["outcome"] == "deployed"
    assert "version 42" in (desk.folder / f"{NAME}.md").read_text()
    assert desk.path_told() == f"{FOLDER}/{NAME}.json"
    assert "version 42" in desk.summary.read_text()
    assert "now runs version 42" in log
    assert "could not be written" not in log


def test_the_files_are_those_of_the_workspaces_owner(desk: Desk) -> None:
    desk.tell()

    owner = desk.workspace.stat()
    for path in (desk.folder, *desk.folder.iterdir()):
        assert (path.stat().st_uid, path.stat().st_gid) == (owner.st_uid, owner.st_gid)
    assert {path.stat().st_mode & 0o777 for path in desk.folder.iterdir()} == {0o644}


def test_a_second_report_replaces_the_first(desk: Desk) -> None:
    desk.tell()
    desk.tell(replace(DEPLOYED, version="43"))

    assert json.loads((desk.folder / f"{NAME}.json").read_text())["version"] == "43"
    assert len(list(desk.folder.iterdir())) == 2


def reviewed(report: Report) -> Report:
    """The same after a static review."""
    fact = Fact(step="scan", title="Static review", status=Status.OK, proof="0 findings")
    return replace(report, facts=(*report.facts, fact))


def test_what_a_review_found_lies_beside_the_report_as_sarif(desk: Desk) -> None:
    desk.tell(reviewed(replace(DEPLOYED, findings=(LOOP,))))

    [run] = json.loads((desk.folder / f"{NAME}.sarif").read_text())["runs"]
    assert [result["ruleId"] for result in run["results"]] == [LOOP.rule]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {LOOP.rule, *rule_pages()}
    assert desk.path_told("sarif") == f"{FOLDER}/{NAME}.sarif"
    assert desk.path_told() == f"{FOLDER}/{NAME}.json"


def test_without_a_review_there_is_no_sarif_that_would_close_alerts(desk: Desk) -> None:
    desk.tell()

    assert desk.path_told("sarif") == ""
    assert not (desk.folder / f"{NAME}.sarif").exists()


def test_every_installed_rule_has_a_page_of_its_own() -> None:
    pages = rule_pages()

    assert {rule.ID for rule in all_rules()} == set(pages)
    for rule, page in pages.items():
        assert RulePage.of(rule, page).url.startswith("https://docs.aws.amazon.com/"), rule
        assert RulePage.of(rule, page).why, rule


def test_sarif_that_cannot_be_written_costs_the_others_nothing(desk: Desk) -> None:
    (desk.folder / f"{NAME}.sarif").mkdir(parents=True)

    log = desk.tell(reviewed(DEPLOYED))

    assert f"the SARIF file in {FOLDER} could not be written" in log
    assert desk.path_told("sarif") == ""
    assert (desk.folder / f"{NAME}.json").exists()


def told_nothing(desk: Desk, log: str) -> None:
    """No file, and yet every other reader was served."""
    assert f"the report in {FOLDER} could not be written" in log
    assert desk.path_told() == ""
    assert "version 42" in desk.summary.read_text()
    assert "now runs version 42" in log


@pytest.mark.parametrize("dangling", [True, False])
def test_a_planted_folder_link_is_not_followed(desk: Desk, *, dangling: bool) -> None:
    elsewhere = desk.workspace.parent / "elsewhere"
    if not dangling:
        elsewhere.mkdir()
    desk.folder.symlink_to(elsewhere)

    log = desk.tell()

    told_nothing(desk, log)
    assert not elsewhere.exists() or list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("ending", ["json", "md", "sarif"])
def test_a_planted_file_link_is_replaced_not_written_through(desk: Desk, ending: str) -> None:
    victim = desk.workspace.parent / "victim"
    victim.write_text("untouched")
    desk.folder.mkdir()
    (desk.folder / f"{NAME}.{ending}").symlink_to(victim)

    log = desk.tell(reviewed(DEPLOYED))

    assert victim.read_text() == "untouched"
    assert not (desk.folder / f"{NAME}.{ending}").is_symlink()
    assert "could not be written" not in log


def test_a_file_in_the_folders_place_is_told(desk: Desk) -> None:
    desk.folder.write_text("mine")

    told_nothing(desk, desk.tell())
    assert desk.folder.read_text() == "mine"


def test_a_folder_in_a_files_place_is_told(desk: Desk) -> None:
    (desk.folder / f"{NAME}.json").mkdir(parents=True)

    told_nothing(desk, desk.tell())


def test_a_workspace_that_is_gone_is_told(desk: Desk) -> None:
    desk.environ["GITHUB_WORKSPACE"] = str(desk.workspace / "gone")

    told_nothing(desk, desk.tell())


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"function_name": ""}, "deploy-source-live"),
        ({"function_name": "../../etc/x"}, "deploy-.._.._etc_x-live"),
        ({"alias": "a\nb\0c/d"}, "deploy-orders-thumbnailer-a_b_c_d"),
        ({"alias": "\N{CAT}" * 300}, "_" * 200),
        ({"alias": "x" * 300}, "x" * 200),
    ],
)
def test_the_files_name_is_plain_and_short_whatever_the_inputs_are(
    desk: Desk, changes: dict[str, str], name: str
) -> None:
    desk.tell(replace(DEPLOYED, **changes))  # type: ignore[arg-type]

    assert sorted(p.name for p in desk.folder.iterdir()) == [f"{name}.json", f"{name}.md"]


@pytest.mark.parametrize(
    ("variable", "what"),
    [("GITHUB_OUTPUT", "the outputs"), ("GITHUB_STEP_SUMMARY", "the job summary")],
)
def test_a_runners_file_that_cannot_be_written_costs_the_others_nothing(
    desk: Desk, variable: str, what: str
) -> None:
    desk.environ[variable] = str(desk.workspace / "no" / "such" / "folder")

    log = desk.tell()

    assert f"::warning::{what} could not be written: No such file or directory" in log
    assert "now runs version 42" in log
    assert (desk.folder / f"{NAME}.json").exists()


def test_text_that_cannot_be_encoded_costs_the_others_nothing(desk: Desk) -> None:
    log = desk.tell(replace(DEPLOYED, reason="bad \udcff name"))

    assert "now runs version 42" in log
    assert "outcome<<" in desk.output.read_text()


class Closed(io.StringIO):
    """A log that nobody reads any more."""

    def write(self, _: str, /) -> int:
        """Fails, as a pipe without a reader does."""
        raise BrokenPipeError(32, "Broken pipe")


def test_a_log_that_nobody_reads_costs_the_others_nothing(desk: Desk) -> None:
    desk.out = Closed()

    desk.tell()

    assert (desk.folder / f"{NAME}.json").exists()
    assert "outcome<<" in desk.output.read_text()
    assert "version 42" in desk.summary.read_text()


def test_outside_of_github_lines_are_printed_and_files_written(desk: Desk) -> None:
    for name in ("GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        del desk.environ[name]

    log = desk.tell(inputs=desk.inputs(github_token="t0ken-of-somebody"))

    assert log.count("outcome=deployed") == 1
    assert "::" not in log.replace("::error", "")
    assert (desk.folder / f"{NAME}.md").exists()


# -- the comment


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        yield server
        assert server.violations == []


def on_pull_request(desk: Desk, server: GitHubServer, number: int = 7) -> None:
    """The run belongs to a pull request of the server's repository."""
    event = desk.workspace.parent / "event.json"
    payload = {
        "pull_request": {
            "number": number,
            "head": {"repo": {"full_name": "acme/orders"}, "sha": "a" * 40},
            "base": {"repo": {"full_name": "acme/orders"}},
        },
        "repository": {"full_name": "acme/orders"},
    }
    event.write_text(json.dumps(payload))
    desk.environ |= {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_API_URL": server.url,
    }


def pull_request_report() -> Report:
    return replace(DEPLOYED, run=replace(DEPLOYED.run, event="pull_request"))


def test_the_comment_is_written_and_its_address_is_an_output(
    desk: Desk, github: GitHubServer
) -> None:
    on_pull_request(desk, github)

    desk.tell(pull_request_report(), desk.inputs(github_token="ghs_ours"))

    [comment] = github.comments
    assert "version 42" in comment.body
    assert f"issuecomment-{comment.id}" in desk.output.read_text()


def test_the_outputs_are_there_before_github_is_asked(desk: Desk, github: GitHubServer) -> None:
    """A job that is cancelled while GitHub is slow still tells later steps what was done."""
    on_pull_request(desk, github)
    then: list[str] = []
    github.meanwhile("GET", lambda: then.append(desk.output.read_text()))

    desk.tell(pull_request_report(), desk.inputs(github_token="ghs_ours"))

    assert "version<<" in then[0]
    assert read_pairs(then[0])["comment-url"] == ""
    assert read_pairs(desk.output.read_text())["comment-url"]


@pytest.mark.parametrize("given", [{"comment": "off", "github_token": "t"}, {"github_token": ""}])
def test_no_comment_is_written_where_none_is_wanted_or_possible(
    desk: Desk, github: GitHubServer, given: dict[str, str]
) -> None:
    on_pull_request(desk, github)

    desk.tell(pull_request_report(), desk.inputs(**given))

    assert github.seen == []


def test_a_failing_github_is_a_notice_and_the_report_is_told(
    desk: Desk, github: GitHubServer
) -> None:
    on_pull_request(desk, github)

    log = desk.tell(pull_request_report(), desk.inputs(github_token="unknown-token"))

    assert "::notice::" in log
    assert "the pull-request comment was not written" in log
    assert "unknown-token" not in log
    assert "now runs version 42" in log
    assert "outcome<<" in desk.output.read_text()


def test_an_event_without_a_pull_request_is_no_trouble(desk: Desk) -> None:
    desk.environ |= {"GITHUB_EVENT_NAME": "schedule"}

    log = desk.tell(
        replace(DEPLOYED, run=replace(DEPLOYED.run, event="schedule")),
        desk.inputs(github_token="t0ken-of-somebody"),
    )

    assert "no comment" not in log
    assert "now runs version 42" in log


def test_a_pull_request_that_cannot_be_found_is_told(desk: Desk, github: GitHubServer) -> None:
    on_pull_request(desk, github)
    (desk.workspace.parent / "event.json").write_text("{}")

    log = desk.tell(pull_request_report(), desk.inputs(github_token="ghs_ours"))

    assert "::notice::no comment: " in log


# -- GitHub shows ten annotations of a level


def test_what_went_wrong_in_telling_is_never_the_eleventh_annotation(
    desk: Desk, github: GitHubServer
) -> None:
    on_pull_request(desk, github)
    (desk.workspace.parent / "event.json").write_text("{}")
    desk.environ["GITHUB_OUTPUT"] = desk.environ["GITHUB_STEP_SUMMARY"] = str(desk.workspace)
    desk.folder.write_text("mine")
    many = [replace(LOOP, severity=s, line=n) for s in ("low", "medium") for n in range(1, 41)]
    warnings = tuple(f"warning {n}" for n in range(5))
    report = replace(pull_request_report(), findings=tuple(many), warnings=warnings)

    console = Console()
    console.feed(desk.tell(report, desk.inputs(github_token="ghs_ours")))

    assert console.dropped == {}
    shown = [a.message for a in console.annotations]
    assert len([a for a in console.annotations if a.level == "notice"]) == 10
    assert len([a for a in console.annotations if a.level == "warning"]) == 10
    assert "the outputs could not be written: Is a directory" in shown
    assert "the job summary could not be written: Is a directory" in shown
    assert f"the report in {FOLDER} could not be written: Not a directory" in shown
    assert any(message.startswith("no comment: ") for message in shown)
    assert "and 33 more notices: see the job summary and the log" in shown
    assert "and 39 more warnings: see the job summary and the log" in shown
    assert github.comments == []
