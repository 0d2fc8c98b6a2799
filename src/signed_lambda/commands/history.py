"""What was released: the function's versions, which of them the alias runs, and which it can."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signed_lambda.chain.releases import look_at_releases
from signed_lambda.report.model import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from signed_lambda.chain.releases import Releases
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.github import Origins
    from signed_lambda.report.model import Release

    Ask = Callable[[Sequence[Release]], Origins]


def history(bench: Workbench, order: Order, ask: Ask) -> Releases:
    """Tells what was released; writes nothing, downloads nothing.

    Args:
        bench: The means.
        order: What was asked for.
        ask: Asks GitHub for pull requests and people.

    Raises:
        DeployError: The function cannot be read.
    """
    found = look_at_releases(bench, order)
    origins = ask(found.listed)
    if origins.notice:
        bench.journal.fact(
            step="history",
            title="Look at pull requests and people",
            status=Status.SKIPPED,
            proof=origins.notice,
        )
    listed = tuple(
        replace(
            release,
            pull_request=origins.pull_requests.get(release.commit, 0),
            who=origins.people.get((release.run, release.attempt), ""),
        )
        for release in found.listed
    )
    bench.journal.listed(listed, older=found.older)
    _tell(bench, order, found)
    return found


def _tell(bench: Workbench, order: Order, found: Releases) -> None:
    journal, alias, record = bench.journal, found.alias, found.record
    ours = sum(bool(release.build) for release in found.listed)
    journal.fact(
        step="history",
        title=f"Versions of {order.function}",
        status=Status.OK,
        proof=f"{len(found.listed)} listed, {ours} published by this action, {found.older} older",
    )
    if alias is None:
        journal.warn(f"Alias '{order.alias}' of {order.function} does not exist")
        return
    live = next((r for r in found.listed if r.version == alias.version), None)
    journal.know(
        version=alias.version,
        previous_version=record.previous if record else "",
        hash_alias=live.hash_alias if live else "",
        signing_job_id=live.signing_job_id if live else "",
    )
    if live is not None and live.code_sha256 is not None:
        journal.know(code_sha256=live.code_sha256)
    if alias.version == "$LATEST" or alias.weights:
        journal.warn(f"Alias '{order.alias}' routes to {alias.route}")
    if record is None:
        journal.warn(
            f"Alias '{order.alias}' was last moved outside this action: nothing says where it was"
            " before"
        )
    elif record.previous and all(r.version != record.previous for r in found.listed):
        journal.warn(f"Version {record.previous}, where the alias was before, is deleted")
    for release in found.listed:
        if release.place == "previous" and release.standing != "refused":
            journal.know(undo_version=release.version)
        if release.place and release.standing == "refused":
            what = "runs" if release.place == "live" else "ran before"
            journal.warn(
                f"A rollback to version {release.version}, which alias '{order.alias}' {what},"
                f" would be refused: {release.why}"
            )
