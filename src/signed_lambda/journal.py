"""What happened in a run, in order: the one append-only object, from which the report is made.

Imports errors, model, report.model. Decides nothing; knows how far the writes came, so that a
failure can say what was left unchanged.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol, TypedDict, TypeVar, Unpack

from signed_lambda.report.model import (
    CameFrom,
    Check,
    Comparison,
    Fact,
    Finding,
    Link,
    OtherReview,
    PackageSummary,
    Reach,
    Release,
    Report,
    Review,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signed_lambda.cloud import Clock
    from signed_lambda.errors import DeployError
    from signed_lambda.model import Package, Sha256
    from signed_lambda.report.model import Outcome, Run


class Log(Protocol):
    """Where the journal tells what happens, as it happens; makes foreign text safe itself."""

    def line(self, text: str) -> None:
        """Prints one line."""
        ...

    def group(self, title: str, lines: Iterable[str]) -> None:
        """Prints lines that are folded under their title."""
        ...


class Evidence(Protocol):
    """What a step returns: it exists only because its checks passed."""

    def fact(self) -> Fact:
        """The step as the reader sees it."""
        ...

    def links(self) -> tuple[Link, ...]:
        """The links of the hash chain that it proves."""
        ...


E = TypeVar("E", bound=Evidence)


class Known(TypedDict, total=False):
    """Members of the report that become known on the way."""

    region: str
    version: str
    previous_version: str
    version_arn: str
    build_sha256: Sha256
    code_sha256: Sha256
    config_sha256: Sha256
    hash_alias: str
    signing_job_id: str
    signing_profile: str
    undo_version: str
    came_from: CameFrom
    provenance: str


NOTHING: Final = "A review writes nothing"
"""What a `scan` leaves unchanged: it has no part in an alias or a version."""


class Journal:
    """The run's record."""

    def __init__(self, clock: Clock, log: Log) -> None:
        """Starts the record.

        Args:
            clock: For the times.
            log: For the reader of the running job.
        """
        self._clock = clock
        self._log = log
        self._started_at = clock.now()
        self._start = self._last = clock.monotonic()
        self._facts: list[Fact] = []
        self._links: list[Link] = []
        self._findings: list[Finding] = []
        self._others: tuple[OtherReview, ...] = ()
        self._warnings: list[str] = []
        self._known: Known = {"region": ""}
        self._package: PackageSummary | None = None
        self._build: Package | None = None
        self._comparison: Comparison | None = None
        self._releases: tuple[Release, ...] = ()
        self._older_releases = 0
        self._checks: tuple[Check, ...] = ()
        self._review: Review | None = None
        self._review_required = False
        self._reach = self._reach_before = Reach.NOTHING
        self._alias_gone = False
        self._policy_sent = False

    @property
    def build(self) -> Package | None:
        """What was packed; its zip may be gone, its entries are not."""
        return self._build

    @property
    def skipped(self) -> tuple[Fact, ...]:
        """Looks and checks that could not be made."""
        return tuple(fact for fact in self._facts if fact.status is Status.SKIPPED)

    @property
    def reach(self) -> Reach:
        """How far the writes of the run came."""
        return self._reach

    def note(self, evidence: E) -> E:
        """Records a step's evidence with the time since the last one, and returns it."""
        self._reach_before = self._reach
        self._record(evidence.fact(), evidence.links())
        return evidence

    def fact(self, *, step: str, title: str, status: Status, proof: str) -> None:
        """Records a step or check that has no evidence of its own (a read, a skip, a failure)."""
        self._record(Fact(step=step, title=title, status=status, proof=proof))

    def _record(self, fact: Fact, links: tuple[Link, ...] = ()) -> None:
        """Keeps the fact with the time since the last one, and its links; prints both.

        A group's title is fixed when it is opened, and only a step that has ended knows its time:
        so a step is printed when it has ended, its proof folded under a title that says it all.
        What a reader must see (a warning, a skipped check) is never folded.
        """
        now = self._clock.monotonic()
        took_s, self._last = now - self._last, now
        self._facts.append(replace(fact, took_s=took_s))
        self._links.extend(links)
        title = f"{_MARKS[fact.status]} {fact.title}"
        if fact.status is Status.OK:
            self._log.group(f"{title} ({took_s:.1f} s)", [fact.proof, *map(_proven, links)])
        else:
            self._log.line(f"{title}: {fact.proof} ({took_s:.1f} s)")

    def know(self, **known: Unpack[Known]) -> None:
        """Records values for the report."""
        self._known.update(known)

    def packed(self, package: Package, repo_root: str | None) -> None:
        """Records the package: the first link of the chain.

        Args:
            package: The build.
            repo_root: Path of the source in the repository, "" for its root, None for a zip.
        """
        self._build = package
        self._package = PackageSummary(
            files=len(package.entries),
            size_bytes=package.size_bytes,
            unzipped_bytes=package.unzipped_bytes,
            compression=package.compression,
            codec=package.codec,
            left_out=package.left_out,
            notes=package.notes,
            advice=package.advice,
            repo_root=repo_root,
        )
        self.know(build_sha256=package.sha256)
        fact = Fact(
            step="package",
            title=f"Pack {package.source}",
            status=Status.OK,
            proof=f"{len(package.entries)} files, {package.size_bytes:,} bytes,"
            f" {len(package.left_out)} left out",
        )
        self._record(
            fact, (Link(name="Build, packed reproducibly", sha256=package.sha256, equals=""),)
        )

    def compared(self, comparison: Comparison) -> None:
        """Records what the build would change against the live version."""
        self._comparison = comparison

    def listed(self, releases: tuple[Release, ...], *, older: int) -> None:
        """Records the versions that were published, newest first, and how many were left out."""
        self._releases, self._older_releases = releases, older

    def checked(self, checks: Iterable[Check]) -> None:
        """Records what `verify` found."""
        self._checks = (*checks,)

    def reviewed(self, review: Review | None, *, required: bool) -> None:
        """Records what was reviewed before the merge.

        Args:
            review: None when it is not known.
            required: Whether a deploy refuses a build that was not reviewed.
        """
        self._review, self._review_required = review, required

    def found(self, findings: Iterable[Finding]) -> None:
        """Records the findings of the static review, in place of those known before."""
        self._findings = [*findings]

    def others(self, reviews: tuple[OtherReview, ...]) -> None:
        """Records what other reviewers found."""
        self._others = reviews

    def warn(self, text: str) -> None:
        """Records a warning for the top of the report, once."""
        if text not in self._warnings:
            self._warnings.append(text)

    def progress(self, text: str) -> None:
        """Prints a line; nothing is recorded."""
        self._log.line(text)

    def writing(self, reach: Reach) -> None:
        """Says that a write of this reach is about to be sent; called before it."""
        self._reach_before, self._reach = self._reach, max(self._reach, reach)

    def policy_sent(self) -> None:
        """Says that a change of the function's policy is about to be sent; called before it."""
        self._policy_sent = True

    def policy_stood(self) -> None:
        """Says that the change of the policy that was announced did not take place."""
        self._policy_sent = False

    def stood(self, alias_at: str | None = None) -> None:
        """Says that the write announced last was refused.

        Args:
            alias_at: Where the alias was then read to be, "" when it is gone; None when the write
                was not about the alias.
        """
        self._reach = self._reach_before
        if alias_at is not None:
            self._known["previous_version"] = alias_at
            self._alias_gone = not alias_at

    def left(self, alias: str) -> str:
        """What was left unchanged, as one or two sentences."""
        before = self._known.get("previous_version")
        stands = f"alias '{alias}' is still at {before}" if before else f"alias '{alias}' untouched"
        if self._policy_sent:
            return (
                "A change of the function's policy was sent and may have happened; every alias and"
                " version is as it was"
            )
        if self._alias_gone:
            stands = f"alias '{alias}' is gone, deleted by somebody else"
        return {
            Reach.NOTHING: "Nothing was written; every alias and version is as it was",
            Reach.ARTEFACTS: f"Lambda was not touched ({stands}); files in S3 or a signing job"
            " may exist and are reused by the next run",
            Reach.LATEST: f"{_capital(stands)}, no version was published; $LATEST may hold the"
            " new code, which callers of the alias do not see",
            Reach.VERSION: f"{_capital(stands)}; {self._new_version()} takes no traffic",
            Reach.ALIAS: f"The move of alias '{alias}' was sent and may have happened",
        }[self._reach]

    def close(
        self,
        *,
        command: str,
        outcome: Outcome,
        function_name: str,
        alias: str,
        run: Run,
        action_version: str,
        reason: str = "",
        error: DeployError | None = None,
    ) -> Report:
        """The report of the run.

        Args:
            command: Of the run.
            outcome: How it ended.
            function_name: As given.
            alias: As given.
            run: The workflow run.
            action_version: Of this action.
            reason: Why it was run, as the user gave it.
            error: Why it was refused or failed.
        """
        if error is not None and self._known.get("version") == self._known.get("previous_version"):
            # The alias' old version still runs: a hash of this run's making is not its hash.
            self._known.pop("code_sha256", None)
        return Report(
            command=command,
            outcome=outcome,
            changed=outcome in ("deployed", "rolled-back", "promoted"),
            function_name=function_name,
            alias=alias,
            facts=tuple(self._facts),
            links=tuple(self._links),
            findings=tuple(self._findings),
            other_reviews=self._others,
            warnings=tuple(self._warnings),
            problems=error.problems if error else (),
            left=(NOTHING if command == "scan" else self.left(alias)) if error else "",
            reach=self._reach,
            package=self._package,
            comparison=self._comparison,
            releases=self._releases,
            older_releases=self._older_releases,
            checks=self._checks,
            review=self._review,
            review_required=self._review_required,
            run=run,
            action_version=action_version,
            reason=reason,
            started_at=self._started_at,
            took_s=self._clock.monotonic() - self._start,
            **self._known,
        )

    def _new_version(self) -> str:
        """The version that was published; Lambda's answer may not have come."""
        version = self._known.get("version")
        if version and version != self._known.get("previous_version"):
            return f"the new version {version}"
        return "a new version, if there is one,"


_MARKS = {
    Status.OK: "ok",
    Status.WARNING: "WARNING",
    Status.SKIPPED: "skipped",
    Status.FAILED: "FAILED",
}


def _proven(link: Link) -> str:
    """A link of the hash chain on one line."""
    equals = f" = {link.equals}" if link.equals else ""
    return f"{link.name}{equals}: {link.sha256.b64}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
