"""Deploy only what was reviewed: the build must be the one that the pull request's plan recorded.

The record is a check run on the pull request's head with the build's hash (see `github`): only an
app can write one, while anybody with write access can edit a comment. What is compared is the hash
of the reproducible zip, so that neither commit nor time is in it; a build that embeds them, or a
base branch that moved after the plan, makes another build, which is refused and told.

Pure: imports errors, manifest, model and report.model. Decides by what `github` was told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from signed_lambda.errors import ReviewError
from signed_lambda.lazy import dataclass
from signed_lambda.manifest import differing
from signed_lambda.report.model import Fact, Link, Review, Status

if TYPE_CHECKING:
    from signed_lambda.manifest import Manifest
    from signed_lambda.model import Package, Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPlan:
    """The record of a plan.

    Attributes:
        commit: That was planned, 40 hex digits.
        build_sha256: Of the build that was planned; None when the record holds no hash.
        passed: Whether the plan would have let a deploy go on.
        manifest: The build's files; None when the record holds none that can be read.
        url: For people.
    """

    commit: str
    build_sha256: Sha256 | None
    passed: bool
    manifest: Manifest | None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedPullRequest:
    """The pull request that brought the commit, and what its plans recorded.

    Attributes:
        number: Of the pull request.
        head: Its last commit, 40 hex digits.
        plans: The last plan of each commit that counts: the merge queue's commit, then the head.
    """

    number: int
    head: str
    plans: tuple[RecordedPlan, ...]


@dataclass(frozen=True, slots=True)
class NotMerged:
    """No merged pull request of this repository holds the commit; says why it is thought so."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotAsked:
    """GitHub could not be asked; says why."""

    reason: str


Reviewed = MergedPullRequest | NotMerged | NotAsked
"""What GitHub knows of the review of a commit."""


@dataclass(frozen=True, slots=True)
class ReviewedBuild:
    """The build is byte for byte the one that a plan of the merged pull request recorded."""

    pull_request: int
    plan: RecordedPlan
    build: Sha256

    @classmethod
    def confirm(cls, package: Package, known: Reviewed) -> Self:
        """Compares the build with the records.

        Args:
            package: The build.
            known: What GitHub knows.

        Raises:
            ReviewError: It was not reviewed, or that is not known.
        """
        if isinstance(known, NotAsked):
            raise ReviewError.of(
                "E-REVIEW-04",
                f"it is not known what was reviewed: {known.reason}",
                "Give the job `permissions: {checks: read, pull-requests: read}` and"
                " `github-token`; then run it again",
            )
        if isinstance(known, NotMerged):
            raise ReviewError.of(
                "E-REVIEW-01",
                f"require-reviewed is true, and {known.reason}",
                "Deploy a commit that came by a merged pull request, or set require-reviewed:"
                " false",
            )
        same = next((p for p in known.plans if p.build_sha256 == package.sha256), None)
        if same is None or not same.passed:  # the merge queue's word, where it gave one
            raise _not_reviewed(package, known)
        return cls(known.number, same, package.sha256)

    def fact(self) -> Fact:
        """For the journal."""
        return Fact(
            step="review",
            title=f"Build reviewed in pull request {self.pull_request}",
            status=Status.OK,
            proof=f"its plan of commit {self.plan.commit[:7]} recorded this build",
        )

    def links(self) -> tuple[Link, ...]:
        """None: the renderers show `Report.review` as the chain's first link."""
        return ()


def review_of(package: Package, known: Reviewed) -> Review | None:
    """What a reader is shown of the review; None when there was none to compare with."""
    if not isinstance(known, MergedPullRequest):
        return None
    passing = [p for p in known.plans if p.passed and p.build_sha256 == package.sha256]
    best = next(iter(passing or known.plans), None)
    if best is None:
        return Review(
            pull_request=known.number, commit=known.head, build_sha256=None, same=False, url=""
        )
    same = best.build_sha256 == package.sha256
    found = () if same or best.manifest is None else differing(best.manifest, package.entries)
    return Review(
        pull_request=known.number,
        commit=best.commit,
        build_sha256=best.build_sha256,
        same=same,
        differing=found,
        url=best.url,
    )


def _not_reviewed(package: Package, known: MergedPullRequest) -> ReviewError:
    """Why none of the records fits: there is none, it was refused, or it is of another build."""
    if not any(plan.build_sha256 for plan in known.plans):
        return ReviewError.of(
            "E-REVIEW-02",
            f"no plan recorded a build of pull request {known.number} (head {known.head[:7]})",
            "Run `command: plan` on pull_request with `permissions: checks: write`, and review"
            " its comment before merging",
        )
    for plan in known.plans:
        if plan.build_sha256 == package.sha256:
            return ReviewError.of(
                "E-REVIEW-05",
                f"the plan of this build was refused on pull request {known.number} (commit"
                f" {plan.commit[:7]})",
                "Mend what the plan named; then plan and review it again",
            )
    recorded = ", ".join(
        f"{_short(plan.build_sha256)} of commit {plan.commit[:7]}"
        for plan in known.plans
        if plan.build_sha256
    )
    return ReviewError.of(
        "E-REVIEW-03",
        f"the build {_short(package.sha256)} is not the one that was reviewed in pull request"
        f" {known.number}: {recorded}",
        "Make the build reproducible (no commit, time or unpinned dependency in it) and plan the"
        " pull request against the newest base (or in the merge queue); then review it again",
    )


def _short(sha256: Sha256) -> str:
    """As the comment and Lambda show it."""
    return f"`{sha256.b64[:12]}…`"
