"""The run's record: what happened, in order, and what a failure left unchanged."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lambda_sandbox.core import START, VirtualClock
from signed_lambda.errors import AwsError
from signed_lambda.journal import Journal
from signed_lambda.model import Entry, LeftOut, Package, Sha256
from signed_lambda.report.model import Fact, Link, Reach, Report, Run, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

SHA = Sha256(b"\x01" * 32)
ERROR = AwsError.of("E-AWS-01", "AWS kept failing", "Run it again")


class Said(list[str]):
    """The lines that a journal said; those of a group are folded under its title."""

    def line(self, text: str) -> None:
        """See `Log`."""
        self.append(text)

    def group(self, title: str, lines: Iterable[str]) -> None:
        """See `Log`."""
        self.append(" | ".join((f"> {title}", *lines)))


@dataclass
class Desk:
    """A journal, its clock, and the lines it said."""

    clock: VirtualClock
    said: Said
    journal: Journal

    def close(self, error: AwsError | None = ERROR) -> Report:
        """The report of a run that failed, or of one that did not."""
        return self.journal.close(
            command="deploy",
            outcome="failed" if error else "deployed",
            function_name="orders",
            alias="live",
            run=Run(run_id=7),
            action_version="1.2.3",
            reason="because",
            error=error,
        )


@pytest.fixture
def desk() -> Desk:
    clock, said = VirtualClock(), Said()
    return Desk(clock, said, Journal(clock, said))


@dataclass(frozen=True)
class Proof:
    """Evidence of a step."""

    number: int

    def fact(self) -> Fact:
        """See `Evidence`."""
        return Fact(step="s", title=f"Step {self.number}", status=Status.OK, proof="seen")

    def links(self) -> tuple[Link, ...]:
        """See `Evidence`."""
        return (Link(name=f"link {self.number}", sha256=SHA, equals="x"),)


BEFORE = "alias 'live' is still at 4"
LEFT: dict[tuple[Reach, str, str], str] = {
    (Reach.NOTHING, "4", ""): "Nothing was written; every alias and version is as it was",
    (Reach.NOTHING, "", ""): "Nothing was written; every alias and version is as it was",
    (Reach.ARTEFACTS, "4", ""): f"Lambda was not touched ({BEFORE}); files in S3 or a signing job"
    " may exist and are reused by the next run",
    (Reach.ARTEFACTS, "", ""): "Lambda was not touched (alias 'live' untouched); files in S3 or a"
    " signing job may exist and are reused by the next run",
    (Reach.LATEST, "4", ""): "Alias 'live' is still at 4, no version was published; $LATEST may"
    " hold the new code, which callers of the alias do not see",
    (Reach.LATEST, "", ""): "Alias 'live' untouched, no version was published; $LATEST may hold"
    " the new code, which callers of the alias do not see",
    (Reach.VERSION, "4", "5"): "Alias 'live' is still at 4; the new version 5 takes no traffic",
    (Reach.VERSION, "", "1"): "Alias 'live' untouched; the new version 1 takes no traffic",
    (Reach.VERSION, "4", "4"): "Alias 'live' is still at 4; a new version, if there is one, takes"
    " no traffic",
    (Reach.VERSION, "", ""): "Alias 'live' untouched; a new version, if there is one, takes no"
    " traffic",
    (Reach.ALIAS, "4", "5"): "The move of alias 'live' was sent and may have happened",
    (Reach.ALIAS, "", "1"): "The move of alias 'live' was sent and may have happened",
}


@pytest.mark.parametrize(("reach", "previous", "version"), LEFT)
def test_what_was_left_unchanged(desk: Desk, reach: Reach, previous: str, version: str) -> None:
    desk.journal.know(previous_version=previous, version=version)
    desk.journal.writing(reach)

    report = desk.close()

    assert report.left == LEFT[reach, previous, version]
    assert report.reach is reach


def test_every_reach_has_its_sentence() -> None:
    assert {reach for reach, _, _ in LEFT} == set(Reach)


def test_nothing_was_left_when_it_went_well(desk: Desk) -> None:
    desk.journal.writing(Reach.ALIAS)

    report = desk.close(error=None)

    assert (report.left, report.problems, report.changed) == ("", (), True)


@pytest.mark.parametrize("order", list(itertools.permutations(Reach, 2)))
def test_the_reach_never_goes_back_by_a_smaller_write(
    desk: Desk, order: tuple[Reach, Reach]
) -> None:
    for reach in order:
        desk.journal.writing(reach)

    assert desk.journal.reach is max(order)


def test_a_write_that_was_refused_is_not_counted(desk: Desk) -> None:
    desk.journal.writing(Reach.ARTEFACTS)
    desk.journal.note(Proof(1))
    desk.journal.writing(Reach.LATEST)

    desk.journal.stood()

    assert desk.journal.reach is Reach.ARTEFACTS


def test_a_refusal_after_a_step_that_wrote_forgets_nothing_of_that_step(desk: Desk) -> None:
    desk.journal.writing(Reach.ARTEFACTS)
    desk.journal.note(Proof(1))

    desk.journal.stood()

    assert desk.journal.reach is Reach.ARTEFACTS


def test_a_refused_move_tells_where_the_alias_was_found(desk: Desk) -> None:
    desk.journal.know(previous_version="4", version="5")
    desk.journal.writing(Reach.VERSION)
    desk.journal.note(Proof(1))
    desk.journal.writing(Reach.ALIAS)

    desk.journal.stood("9")

    assert desk.close().left == "Alias 'live' is still at 9; the new version 5 takes no traffic"


def test_an_alias_that_was_found_gone_is_not_told_as_untouched(desk: Desk) -> None:
    desk.journal.know(previous_version="4", version="5")
    desk.journal.writing(Reach.VERSION)
    desk.journal.note(Proof(1))
    desk.journal.writing(Reach.ALIAS)

    desk.journal.stood("")

    assert desk.close().left == (
        "Alias 'live' is gone, deleted by somebody else; the new version 5 takes no traffic"
    )


def test_a_refused_write_that_was_not_about_the_alias_says_nothing_of_it(desk: Desk) -> None:
    desk.journal.know(previous_version="4")
    desk.journal.writing(Reach.LATEST)

    desk.journal.stood()

    assert desk.close().previous_version == "4"


def test_steps_are_timed_one_after_the_other_and_said_when_they_end(desk: Desk) -> None:
    desk.clock.advance(1.5)
    desk.journal.note(Proof(1))
    desk.clock.advance(0.25)
    desk.journal.fact(step="x", title="Skipped", status=Status.SKIPPED, proof="no reason")

    report = desk.close()

    assert [f.took_s for f in report.facts] == [1.5, 0.25]
    assert desk.said == [
        f"> ok Step 1 (1.5 s) | seen | link 1 = x: {SHA.b64}",
        "skipped Skipped: no reason (0.2 s)",
    ]
    assert (report.started_at, report.took_s) == (START, 1.75)


@pytest.mark.parametrize(
    ("status", "mark"),
    [(Status.WARNING, "WARNING"), (Status.SKIPPED, "skipped"), (Status.FAILED, "FAILED")],
)
def test_what_a_reader_must_see_is_not_folded(desk: Desk, status: Status, mark: str) -> None:
    desk.journal.fact(step="x", title="T", status=status, proof="p")

    assert desk.said == [f"{mark} T: p (0.0 s)"]


def test_what_went_well_is_folded_under_its_title_and_time(desk: Desk) -> None:
    desk.journal.fact(step="x", title="T", status=Status.OK, proof="p")

    assert desk.said == ["> ok T (0.0 s) | p"]


def test_evidence_is_given_back_and_its_links_are_kept_in_order(desk: Desk) -> None:
    first, second = Proof(1), Proof(2)

    assert desk.journal.note(first) is first
    assert desk.journal.note(second) is second
    assert [link.name for link in desk.close().links] == ["link 1", "link 2"]


def test_a_warning_is_told_once(desk: Desk) -> None:
    for text in ("a", "b", "a"):
        desk.journal.warn(text)

    assert desk.close().warnings == ("a", "b")


def test_progress_is_said_and_not_recorded(desk: Desk) -> None:
    desk.journal.progress("still waiting")

    assert desk.said == ["still waiting"]
    assert desk.close().facts == ()


def test_the_package_is_the_first_link(desk: Desk) -> None:
    entry = Entry(name="app.py", kind="file", mode=0o644, size_bytes=3, sha256=SHA)
    package = Package(
        path=Path("/nowhere.zip"),
        sha256=SHA,
        size_bytes=1234,
        unzipped_bytes=3,
        entries=(entry,),
        places=(),
        left_out=(LeftOut(".env", "secret"),),
        compression="default",
        codec="c",
        source="function",
        source_sha256=None,
        notes=("n",),
    )

    desk.journal.packed(package, "function")

    report = desk.close()
    assert report.build_sha256 == SHA
    assert [(x.name, x.equals) for x in report.links] == [("Build, packed reproducibly", "")]
    proof, link = "1 files, 1,234 bytes, 1 left out", f"Build, packed reproducibly: {SHA.b64}"
    assert desk.said == [f"> ok Pack function (0.0 s) | {proof} | {link}"]
    assert report.package is not None
    assert (report.package.files, report.package.notes) == (1, ("n",))


def test_the_report_tells_who_asked_for_what(desk: Desk) -> None:
    report = desk.close()

    assert (report.command, report.function_name, report.alias) == ("deploy", "orders", "live")
    assert (report.reason, report.action_version) == ("because", "1.2.3")
    assert (report.run.run_id, report.problems) == (7, ERROR.problems)
