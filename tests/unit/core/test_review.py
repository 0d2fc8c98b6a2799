"""Deploy only what was reviewed: every way in which a build can fail to be the reviewed one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from signed_lambda.errors import ReviewError
from signed_lambda.manifest import Manifest
from signed_lambda.model import Package, Sha256
from signed_lambda.report.model import Differing, Review
from signed_lambda.review import (
    MergedPullRequest,
    NotAsked,
    NotMerged,
    RecordedPlan,
    Reviewed,
    ReviewedBuild,
    review_of,
)
from tests.unit.core.test_manifest import BUILD, entry

if TYPE_CHECKING:
    from pathlib import Path

HEAD, QUEUED = "a1" * 20, "b2" * 20
OURS, OTHER = Sha256(b"\x01" * 32), Sha256(b"\x02" * 32)


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return Package(
        path=tmp_path / "gone.zip",
        sha256=OURS,
        size_bytes=1,
        unzipped_bytes=1,
        entries=tuple(BUILD),
        places=(),
        left_out=(),
        compression="default",
        codec="",
        source="dist",
        source_sha256=None,
    )


PLAN = RecordedPlan(
    commit=HEAD,
    build_sha256=OURS,
    passed=True,
    manifest=Manifest.of(BUILD),
    url="https://github.com/acme/orders/runs/1",
)
OF_ANOTHER = replace(PLAN, build_sha256=OTHER, manifest=Manifest.of(BUILD[1:]))


def merged(*plans: RecordedPlan) -> MergedPullRequest:
    return MergedPullRequest(number=7, head=HEAD, plans=plans)


def test_the_merge_queues_refusal_outweighs_the_heads_plan(package: Package) -> None:
    queued = replace(PLAN, commit=QUEUED, passed=False)

    with pytest.raises(ReviewError) as caught:
        ReviewedBuild.confirm(package, merged(queued, PLAN))

    assert caught.value.problems[0].id == "E-REVIEW-05"


@pytest.mark.parametrize(
    "plans", [(PLAN,), (OF_ANOTHER, replace(PLAN, commit=QUEUED)), (PLAN, OF_ANOTHER)]
)
def test_a_build_that_a_plan_recorded_is_reviewed(
    package: Package, plans: tuple[RecordedPlan, ...]
) -> None:
    """On the head, or on the merge queue's commit, which holds what came before it in the queue."""
    known = merged(*plans)

    evidence = ReviewedBuild.confirm(package, known)
    shown = review_of(package, known)

    assert evidence.build == OURS
    assert evidence.fact().title == "Build reviewed in pull request 7"
    assert shown is not None
    assert shown.same
    assert shown.differing == ()
    assert shown.commit == evidence.plan.commit


@pytest.mark.parametrize(
    ("known", "error_id", "says"),
    [
        (NotAsked("no token"), "E-REVIEW-04", "not known what was reviewed: no token"),
        (NotMerged("it is open"), "E-REVIEW-01", "require-reviewed is true, and it is open"),
        (merged(), "E-REVIEW-02", "no plan recorded a build of pull request 7"),
        (merged(replace(PLAN, build_sha256=None)), "E-REVIEW-02", "no plan recorded a build"),
        (merged(replace(PLAN, passed=False)), "E-REVIEW-05", "was refused on pull request 7"),
        (merged(OF_ANOTHER), "E-REVIEW-03", "is not the one that was reviewed in pull request 7"),
        (
            merged(OF_ANOTHER, replace(OF_ANOTHER, commit=QUEUED)),
            "E-REVIEW-03",
            "of commit a1a1a1a, `AgICAgICAgIC…` of commit b2b2b2b",
        ),
    ],
)
def test_any_other_build_is_refused(
    package: Package, known: Reviewed, error_id: str, says: str
) -> None:
    with pytest.raises(ReviewError) as caught:
        ReviewedBuild.confirm(package, known)

    [problem] = caught.value.problems
    assert (problem.id, caught.value.exit_code) == (error_id, 36)
    assert says in problem.what
    assert problem.do
    assert caught.value.outcome == "refused"


def test_the_reader_is_told_which_files_differ_from_the_reviewed_build(package: Package) -> None:
    shown = review_of(package, merged(OF_ANOTHER))

    assert shown == Review(
        pull_request=7,
        commit=HEAD,
        build_sha256=OTHER,
        same=False,
        differing=(Differing("app.py", "added"),),
        url=PLAN.url,
    )


def test_a_record_without_files_tells_only_that_the_build_is_another(package: Package) -> None:
    shown = review_of(package, merged(replace(OF_ANOTHER, manifest=None)))

    assert shown is not None
    assert (shown.same, shown.differing, shown.build_sha256) == (False, (), OTHER)


def test_without_a_record_there_is_nothing_to_compare_with(package: Package) -> None:
    shown = review_of(package, merged())

    assert shown == Review(pull_request=7, commit=HEAD, build_sha256=None, same=False)
    assert review_of(package, NotMerged("x")) is None
    assert review_of(package, NotAsked("x")) is None


def test_a_refused_plan_of_the_same_build_shows_no_difference(package: Package) -> None:
    refused = replace(PLAN, passed=False, manifest=Manifest.of([entry("z")]))

    shown = review_of(package, merged(refused))

    assert shown is not None
    assert (shown.same, shown.differing) == (True, ())
