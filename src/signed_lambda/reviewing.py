"""The static review as a run goes on: first of the package alone, then with what is live.

Live triggers are looked at only where a run would change what runs, or where the package alone
would stop it: a run that deploys nothing new stays as cheap as it is, and a finding that the live
look has cleared once does not come back on the next run of the same build.

Imports the chain's look and the scan; decides nothing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.chain.triggers import TriggerLook
from signed_lambda.report.model import Status
from signed_lambda.scan import blocking, require_acceptable
from signed_lambda.scan.live import spelled_triggers

if TYPE_CHECKING:
    from signed_lambda.chain.observe import Subject
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.errors import Problem
    from signed_lambda.inputs import FailOn
    from signed_lambda.journal import Journal
    from signed_lambda.scan import Review, Survey
    from signed_lambda.triggers import LiveTriggers, Unseen


class Reviewing:
    """The review of one run.

    Attributes:
        review: As far as it is known.
    """

    def __init__(self, survey: Survey, fail_on: FailOn, journal: Journal) -> None:
        """Reviews the package alone.

        Args:
            survey: Of the package.
            fail_on: How severe a finding must be to stop the run.
            journal: Is told.
        """
        self._survey, self._fail_on, self._journal = survey, fail_on, journal
        self.review: Review = journal.note(survey.judge())
        journal.found(self.review.findings)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What stops the run."""
        return blocking(self.review, self._fail_on)

    def look(
        self, bench: Workbench, order: Order, subject: Subject, begun: TriggerLook | None
    ) -> None:
        """Reviews again, with what is live around the function; writes nothing.

        What the role may not see is a skipped check that names the permission; no finding is more
        than a question then.

        Args:
            bench: The means.
            order: What was asked for.
            subject: Whom it is about.
            begun: The look at what is live, where it is under way.
        """
        looking = begun or TriggerLook(bench, order, subject)
        live = looking.triggers(self._survey.named)
        self.review = self._survey.judge(live)
        self._journal.found(self.review.findings)
        self._tell(live)

    def conclude(self) -> None:
        """Nothing more is going to be known: tells what the review leaves to tell.

        Raises:
            ScanError: E-SCAN-01 for each finding that blocks.
        """
        self.tell_unused()
        require_acceptable(self.review, self._fail_on)

    def tell_unused(self) -> None:
        """Warns of allowances that allow nothing."""
        for allowance in self.review.unused:
            warning = f"{allowance.place} allows {allowance.rule}, and nothing is found there"
            self._journal.warn(warning)

    def _tell(self, live: LiveTriggers) -> None:
        if live.seen:
            found = ", ".join(spelled_triggers(live)) or "none"
            self._journal.fact(
                step="triggers",
                title="Review with the live triggers",
                status=Status.OK,
                proof=f"{found}, by {live.calls} reads; {len(self.review.findings)} findings",
            )
        lines = _missing(live.unseen)
        for proof in lines if live.seen else ["; ".join(lines)]:
            self._journal.fact(
                step="triggers",
                title="Look at the live triggers",
                status=Status.SKIPPED,
                proof=proof,
            )


def _missing(unseen: tuple[Unseen, ...]) -> list[str]:
    """One line for each action that is missing, with all that it is missing on."""
    resources: dict[tuple[str, str], list[str]] = {}
    for one in unseen:
        resources.setdefault((one.action, one.why), []).append(one.resource)
    return [
        f"missing {action} on {', '.join(dict.fromkeys(on))}"
        if why == "not allowed"
        else f"{action} on {', '.join(dict.fromkeys(on))}: {why}"
        for (action, why), on in resources.items()
    ]
