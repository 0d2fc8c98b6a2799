"""A run and its pull request: what was reviewed there, what it changes, and what is said on it.

Wires `github` to the report. All but `reviewed` happens after the run's work is done and changes
nothing of its result.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from signed_lambda.attestation import Found
from signed_lambda.github import (
    Access,
    Finding,
    IssueResult,
    NoPullRequest,
    Origins,
    PlanRecord,
    PullRequest,
    RecordResult,
    changed_files,
    find_attestations,
    find_origins,
    find_pull_request,
    find_reviewed,
    record_plan,
    tend_issue,
    upsert_comment,
)
from signed_lambda.lazy import dataclass, regex
from signed_lambda.manifest import encode
from signed_lambda.report import story
from signed_lambda.report.comment import render_comment, render_record
from signed_lambda.report.issue import render_issue, render_said, render_title
from signed_lambda.review import NotAsked, review_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from signed_lambda.cloud import Clock
    from signed_lambda.inputs import Inputs
    from signed_lambda.model import Package, Sha256
    from signed_lambda.report.model import Comparison, FileChange, Release, Report
    from signed_lambda.review import Reviewed
    from signed_lambda.runner import Runner
    from signed_lambda.signals import StopFlag

MOST_ORIGINS: Final = 12
"""Releases of a history that GitHub is asked about: two requests each, the newest releases."""
BUDGET_S: Final = 60.0
"""All waits and tries of one talk with GitHub: the result must be told soon."""
DEFAULT_API_URL: Final = "https://api.github.com"
PLANNED_EVENTS: Final = frozenset({"pull_request", "merge_group"})
"""Events whose commit is under review; a plan of any other is recorded nowhere."""
PINS: Final = regex(
    r"(?:requirements[^/]*\.(?:txt|in)|constraints[^/]*\.txt|Pipfile(?:\.lock)?|poetry\.lock"
    r"|uv\.lock|pdm\.lock|pyproject\.toml|setup\.(?:py|cfg)|package(?:-lock)?\.json"
    r"|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?)"
)
"""Names of files by which Python's and Node's package managers choose versions."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of talking to GitHub.

    Attributes:
        report: With what GitHub knows of the pull request.
        comment_url: "" where there is no comment.
        notice: For the reader of the log, one or two sentences; "" when all went well.
    """

    report: Report
    comment_url: str = ""
    notice: str = ""


class Conversation:
    """What this run can say to GitHub, and ask."""

    def __init__(
        self,
        inputs: Inputs,
        runner: Runner,
        environ: Mapping[str, str],
        clock: Clock,
        stop: StopFlag,
    ) -> None:
        """Nothing is sent yet."""
        self._stop = stop
        self._inputs = inputs
        self._runner = runner
        self._clock = clock
        self._api_url = environ.get("GITHUB_API_URL") or DEFAULT_API_URL
        self._pr_number = str(inputs.pr_number or "")
        self._ends_at = 0.0

    def reviewed(self, region: str) -> Reviewed:
        """What the plans of the merged pull request recorded for this function and alias."""
        if not self._possible:
            return NotAsked("there is no `github-token`, or this is not a workflow run")
        self._ends_at = self._clock.monotonic() + BUDGET_S
        return self._recorded(region)

    def attestations(self, repository: str, sha256: Sha256) -> Found:
        """The attestations of a file that a repository has."""
        if not self._possible:
            return Found(notice="there is no `github-token`, or this is not a workflow run")
        self._ends_at = self._clock.monotonic() + BUDGET_S
        return find_attestations(repository, sha256, self._access())

    def _recorded(self, region: str) -> Reviewed:
        return find_reviewed(
            self._runner.event().payload,
            self._runner.run(),
            self._access(),
            name=record_name(region, self._inputs.function, self._inputs.alias),
            pr_number=self._pr_number,
        )

    def origins(self, releases: Sequence[Release]) -> Origins:
        """Pull requests and people of the newest releases; asked one after the other."""
        if not self._possible:
            return Origins({}, {}, "there is no `github-token`, or this is not a workflow run")
        self._ends_at = self._clock.monotonic() + BUDGET_S
        asked = [r for r in releases if r.commit or r.run][:MOST_ORIGINS]
        return find_origins(
            dict.fromkeys(r.commit for r in asked if r.commit),
            dict.fromkeys((r.run, r.attempt) for r in asked if r.run),
            self._runner.run(),
            self._access(),
        )

    def tell(self, report: Report, build: Package | None) -> Told:
        """Adds to the report what GitHub knows, records a plan, and writes the comment.

        Args:
            report: Of the run.
            build: What was packed; None when nothing was.

        Raises:
            Cancelled: The job was cancelled meanwhile, and GitHub did not answer.
        """
        with self._stop.interruptible():
            return self._tell(report, build)

    def _tell(self, report: Report, build: Package | None) -> Told:
        told = self._tell_pull_request(report, build)
        if not (self._inputs.open_issue and report.command == "verify"):
            return told
        issue = self._tended(report)
        notices = (told.notice, issue.notice, f"issue: {issue.url}" if issue.url else "")
        return replace(told, notice=". ".join(filter(None, notices)))

    def _tended(self, report: Report) -> IssueResult:
        """Brings the issue of a `verify` up to date."""
        if not self._possible:
            return IssueResult(notice="no issue: there is no `github-token`, or no workflow run")
        self._ends_at = self._clock.monotonic() + BUDGET_S
        finding = Finding(
            repository=report.run.repository,
            title=render_title(report),
            body=render_issue(report),
            said=render_said(report),
            clean=report.outcome == "verified",
            opens=report.outcome == "drifted",
        )
        return tend_issue(finding, self._access())

    def _tell_pull_request(self, report: Report, build: Package | None) -> Told:
        # A history is about no pull request of its own.
        comments = self._inputs.comment != "off" and report.command != "history"
        planned = build if report.command == "plan" and self._under_review(report) else None
        if not self._possible or not (comments or planned):
            return Told(report)
        self._ends_at = self._clock.monotonic() + BUDGET_S
        found = find_pull_request(
            self._runner.event().payload, report.run, self._access(), pr_number=self._pr_number
        )
        if isinstance(found, PullRequest):
            report = self._enriched(report, build, found)
        recorded = RecordResult()
        if planned is not None and isinstance(found, PullRequest):
            recorded = record_plan(_record(report, planned, found), self._access())
        url = notice = ""
        if comments and isinstance(found, PullRequest):
            body, access = render_comment(report), self._access()
            written = upsert_comment(found, body, access, author=recorded.author)
            url, notice = written.url, written.notice
        elif comments and isinstance(found, NoPullRequest) and not found.expected:
            notice = f"no comment: {found.reason}"
        if self._inputs.require_reviewed and not notice:
            notice = recorded.notice
        return Told(report, url, notice)

    @property
    def _possible(self) -> bool:
        return bool(self._inputs.github_token) and self._runner.on_github

    def _access(self) -> Access:
        return Access(
            token=self._inputs.github_token or "",
            clock=self._clock,
            api_url=self._api_url,
            proxy_url=self._inputs.https_proxy,
            budget_s=max(self._ends_at - self._clock.monotonic(), 0.0),
            check=self._stop.check,
        )

    def _enriched(self, report: Report, build: Package | None, found: PullRequest) -> Report:
        """With which files the pull request changes, and what was reviewed on it."""
        comparison = report.comparison
        root = report.package.repo_root if report.package else None
        if comparison is not None and comparison.files and root is not None:
            changed = changed_files(found, self._access())
            if changed is not None:
                report = replace(report, comparison=_marked(comparison, root, changed))
        if report.command == "deploy" and found.merged and build and report.review is None:
            report = replace(report, review=review_of(build, self._recorded(report.region)))
        return report

    def _under_review(self, report: Report) -> bool:
        """A pull request's or a merge queue's commit; a second workflow for a fork counts as one.

        A plan of a push must leave no record: a direct push would pass for reviewed.
        """
        run = report.run
        if not (run.repository and run.commit):
            return False
        if run.event == "workflow_run":
            begun_by = self._runner.event().payload.get("workflow_run")
            return isinstance(begun_by, dict) and begun_by.get("event") == "pull_request"
        return run.event in PLANNED_EVENTS


def record_name(region: str, function: str, alias: str) -> str:
    """Name of the check run of a function's plan."""
    return f"signed-lambda-deploy plan ({region}/{function}/{alias})"


def _record(report: Report, build: Package, found: PullRequest) -> PlanRecord:
    """What a plan leaves behind for the deploy."""
    return PlanRecord(
        repository=report.run.repository,
        name=record_name(report.region, report.function_name, report.alias),
        pull_request=found.number,
        commit=report.run.commit,
        build_sha256=build.sha256,
        passed=not report.problems,
        title=story.plain(story.headline(report)),
        summary=render_record(report),
        manifest=encode(build.entries),
        details_url=story.run_url(report.run),
    )


def _marked(comparison: Comparison, root: str, changed: frozenset[str]) -> Comparison:
    """The files with whether the pull request changes them; what it changes has a row of its own.

    When it changes none of the files that are of no dependency, the build makes them out of
    others: then nothing can be told of these.
    """

    def path(change: FileChange) -> str:
        return f"{root}/{change.name}" if root else change.name

    told = any(path(f) in changed for f in comparison.files if not f.dependency)
    files = tuple(
        replace(
            f,
            in_pull_request=path(f) in changed,
            dependency="" if path(f) in changed else f.dependency,
        )
        if told or f.dependency
        else f
        for f in comparison.files
    )
    pins = sorted(name for name in changed if _pins(name, root))
    return replace(comparison, files=files, pins=tuple(pins))


def _pins(name: str, root: str) -> bool:
    """Whether a file chooses versions for the package: one in its folder, above or below it."""
    folder, _, file = name.rpartition("/")
    if PINS.fullmatch(file) is None:
        return False
    above = not folder or f"{root}/".startswith(f"{folder}/")
    return above or not root or f"{folder}/".startswith(f"{root}/")
