"""What a report says in words: verdict, meaning, identity, undo. The same words in every place.

Sentences may hold names between backticks, as our error texts do; each renderer escapes them for
its own sink (`escape.prose` for Markdown, `escape.log` for the log). Plain words: what the reader
needs, no blame.

Pure: imports escape (to clip) and the report model.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from signed_lambda.lazy import dataclass
from signed_lambda.report import escape
from signed_lambda.report.model import Reach, Status

if TYPE_CHECKING:
    from signed_lambda.model import LeftOut
    from signed_lambda.report.model import Fact, PackageSummary, Report, Run

ROLLBACK_WORKFLOW: Final = "rollback.yml"
"""File name of the workflow that the undo line starts; the example we ship has this name."""

BLOCKED: Final = frozenset({"refused", "failed", "moved-unconfirmed", "superseded", "drifted"})
"""Outcomes that end with an exit code other than 0."""

REVIEW_EVENTS: Final = frozenset({"pull_request", "merge_group", "workflow_run"})
"""Events whose runs are for a pull request: there a deploy comes with the merge."""

BAD_VERDICTS: Final = ("drifted", "unverified")
"""Of `verify`, worst first."""

_HOLDS: Final = frozenset({"deployed", "unchanged", "rolled-back", "promoted", "verified"})

_MARKS: Final = {
    "deployed": "✅",
    "unchanged": "✅",
    "planned": "📋",
    "rolled-back": "↩️",
    "promoted": "✅",
    "verified": "✅",
    "drifted": "🛑",
    "locked": "🔒",
    "unlocked": "🔑",
    "scanned": "✅",
    "listed": "📜",
    "refused": "🛑",
    "failed": "❌",
    "moved-unconfirmed": "⚠️",
    "superseded": "⏭️",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """How to go back.

    Attributes:
        version: The version that the alias would run again.
        command: One shell command, "" when the repository is not known.
        url: Of the workflow's page, "" when the repository is not known.
    """

    version: str
    command: str
    url: str


def mark(report: Report) -> str:
    """One pictogram for the verdict; a warning sign when it went well but with warnings."""
    if level(report) == 1:
        return "⚠️"
    return _MARKS[report.outcome]


SOURCE: Final = "the source"
"""What was reviewed, where neither a function nor a folder is named."""
WORST: Final = 2
"""The highest `level`."""


def level(report: Report) -> int:
    """How bad the verdict is: 0 all well, 1 with warnings or open findings, 2 blocked."""
    if report.outcome in BLOCKED:
        return WORST
    other = report.review is not None and not report.review.same
    marked = report.warnings or report.problems or _open(report) or unseen(report) or other
    return 1 if marked else 0


def plain(sentence: str) -> str:
    """A sentence of ours without its backticks, on one line, for sinks that show text as it is."""
    return escape.visible(sentence.replace("`", ""))


def target(report: Report) -> str:
    """What the run was about: function, alias and region, as far as they are known.

    A review is of a function's source, or of a folder: no alias has a part in it.
    """
    if report.command == "scan":
        folder = report.package.repo_root if report.package is not None else None
        name = report.function_name or folder
        return _quoted(name) if name else SOURCE
    region = f" ({escape.clip(report.region, 40)})" if report.region else ""
    if len(report.checks) > 1:
        return count(len(report.checks), "alias", "aliases") + region
    name = _quoted(report.function_name) if report.function_name else "no function"
    alias = f" → {_quoted(report.alias)}" if report.alias else ""
    return name + alias + region


def headline(report: Report) -> str:
    """The verdict in one line, after the target: "now runs version 42 (was 41)"."""
    version = escape.clip(report.version or "?", 40)
    was = escape.clip(report.previous_version, 40)
    before = f"was {was}" if was else "new alias"
    found = _open(report)
    if report.command == "plan":
        return _planned(report)
    if len(report.checks) > 1:
        return _checked(report)
    sentences = {
        "deployed": f"now runs version {version} ({before})",
        "unchanged": _unchanged(report),
        "planned": _planned(report),
        "rolled-back": f"rolled back to version {version}{f' (was {was})' if was else ''}",
        "promoted": f"now runs version {version} ({before}), promoted{_origin(report)}",
        "verified": f"version {version} runs what was recorded",
        "drifted": f"version {version} no longer runs what was recorded",
        "locked": "$LATEST is locked",
        "unlocked": "$LATEST is no longer locked",
        "scanned": _scanned(report, found),
        "listed": _listed(report),
        "refused": _still(report),
        "failed": _still(report),
        "moved-unconfirmed": f"may have moved to version {version}, please check",
        "superseded": "not moved by this run, a later one took over",
    }
    return sentences[report.outcome]


def meaning(report: Report) -> str:
    """What the verdict means for those who call the function; one or two sentences."""
    if report.command == "plan":
        return _what_merging_does(report)
    if report.command == "scan":
        return "Static review only: nothing was read from AWS, nothing was written."
    if len(report.checks) > 1:
        return _what_was_checked(report)
    alias = _quoted(report.alias)
    kept = f" Version {report.previous_version} is kept." if report.previous_version else ""
    sentences = {
        "deployed": f"Calls through {alias} run this build from now on.{kept}",
        "unchanged": _what_stays(report, alias),
        "planned": _what_merging_does(report),
        "rolled-back": f"Calls through {alias} run version {report.version} again. Its bytes, "
        f"signature and state were checked before the move.",
        "promoted": f"Calls through {alias} run version {report.version}, the same bytes "
        f"{_as_where(report)}.{kept}",
        "verified": f"The code behind {alias} was read again and is what was recorded for it.",
        "drifted": f"Somebody changed what calls through {alias} run, outside of this action.",
        "locked": "Calls of $LATEST, and of the function without a qualifier, are refused from now"
        " on. Calls of its aliases and versions go on.",
        "unlocked": "Who may invoke the function can call $LATEST again.",
        "scanned": "Static review only: nothing was read from AWS, nothing was written.",
        "listed": "Nothing was downloaded or written. Who published a version, and from which "
        "commit, is as its own description says; hashes and signing jobs are Lambda's word.",
        "refused": f"Calls through {alias} run the same code as before.",
        "failed": f"Calls through {alias} run the same code as before.",
        "moved-unconfirmed": f"The move of {alias} was sent, but it could not be read back.",
        "superseded": f"Calls through {alias} run what the later run put there.",
    }
    if report.outcome in ("refused", "failed") and report.reach >= Reach.ALIAS:
        return sentences["moved-unconfirmed"]
    return sentences[report.outcome]


def _origin(report: Report) -> str:
    """Where a promotion came from, for the headline; "" within the function."""
    came_from = report.came_from
    if came_from is None:
        return ""
    namesake = came_from.function_name == report.function_name
    where = escape.clip(came_from.place, 60) if namesake else _quoted(came_from.function_name)
    return f" from {where}"


def _as_where(report: Report) -> str:
    came_from = report.came_from
    if came_from is None:
        return "that were released elsewhere before"
    return (
        f"as version {escape.clip(came_from.version, 40)} of {_quoted(came_from.function_name)}"
        f" behind its alias {_quoted(came_from.alias)} ({escape.clip(came_from.place, 60)}):"
        " nothing was built or signed again"
    )


def _checked(report: Report) -> str:
    """The verdict over several aliases."""
    drifted, unverified = (sum(c.verdict == v for c in report.checks) for v in BAD_VERDICTS)
    found = [f"{drifted:,} not as released"] if drifted else []
    found += [f"{unverified:,} could not be checked"] if unverified else []
    return ", ".join(found) or "all run what was recorded"


def _what_was_checked(report: Report) -> str:
    verified = sum(c.verdict == "verified" for c in report.checks)
    these = f"{verified:,} of {count(len(report.checks), 'alias', 'aliases')}"
    return f"{these} were read again and run what was recorded for them."


def _what_stays(report: Report, alias: str) -> str:
    if report.command == "lock":
        return "Nothing was written: see below how $LATEST stands."
    if report.reach < Reach.ALIAS:
        return "Nothing was written, neither to S3 nor to Lambda."
    return (
        f"Calls through {alias} run the same version as before. Somebody else had moved it there:"
        " now it is recorded."
    )


def sentence(text: str) -> str:
    """The text, closed with a full stop where it has no closing mark of its own."""
    text = text.strip()
    return text if not text or text[-1] in ".!?:`" else f"{text}."


def holds(report: Report) -> bool:
    """Whether the alias was read to run the report's hashes."""
    return report.outcome in _HOLDS


def undo(report: Report) -> Undo | None:
    """How to go back to the version before; None when there is none.

    The command starts the repository's rollback workflow; its values are quoted for a shell.
    """
    if not report.undo_version:
        return None
    run = report.run
    if not _is_repository(run.repository):
        return Undo(version=report.undo_version, command="", url="")
    fields = {
        "function-name": report.function_name,
        "alias": report.alias,
        "to": report.undo_version,
    }
    command = " ".join(
        ["gh", "workflow", "run", ROLLBACK_WORKFLOW, "-R", run.repository]
        + [word for k, v in fields.items() for word in ("-f", shlex.quote(f"{k}={v}"))]
    )
    url = f"{web(run)}/{run.repository}/actions/workflows/{ROLLBACK_WORKFLOW}"
    return Undo(version=report.undo_version, command=command, url=url)


def web(run: Run) -> str:
    """Address of GitHub's web pages, "https://github.com" when it is not known or not one."""
    if re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", run.server_url):
        return run.server_url
    return "https://github.com"


def commit_url(run: Run) -> str:
    """Page of the commit that was built, "" when it is not known."""
    return commit_page(run, run.commit)


def commit_page(run: Run, commit: str) -> str:
    """Page of a commit of the run's repository, "" when it is none."""
    if _is_repository(run.repository) and re.fullmatch(r"[0-9a-f]{40}", commit):
        return f"{web(run)}/{run.repository}/commit/{commit}"
    return ""


def run_url(run: Run) -> str:
    """Page of the workflow run, "" outside of GitHub."""
    return run_page(run, run.run_id, run.attempt)


def run_page(run: Run, run_id: int, attempt: int) -> str:
    """Page of any workflow run of the run's repository, "" outside of GitHub."""
    if not _is_repository(run.repository) or not run_id:
        return ""
    last = f"/attempts/{attempt}" if attempt > 1 else ""
    return f"{web(run)}/{run.repository}/actions/runs/{run_id}{last}"


def pull_request_page(run: Run, number: int) -> str:
    """Page of a pull request of the run's repository, "" outside of GitHub."""
    return f"{web(run)}/{run.repository}/pull/{number}" if _is_repository(run.repository) else ""


def file_url(run: Run, path: str, line: int, end_line: int) -> str:
    """Permanent link to lines of a file of the repository.

    "" when the commit is not known, or the path could lead elsewhere.
    """
    if not commit_url(run) or {"", ".", ".."} & set(path.split("/")):
        return ""
    lines = f"#L{line}" if end_line <= line else f"#L{line}-L{end_line}"
    return f"{web(run)}/{run.repository}/blob/{run.commit}/{quote(path, errors='replace')}{lines}"


def is_link(url: str) -> bool:
    """Whether an address that GitHub gave can stand in a Markdown link as it is."""
    return re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9/._#-]*", url) is not None


def left_out(package: PackageSummary) -> list[tuple[LeftOut, int]]:
    """What was left out, each with how many more it stands for: compiled Python is told once."""
    compiled = [item for item in package.left_out if item.reason == "bytecode"]
    return [
        (item, len(compiled) - 1 if item.reason == "bytecode" else 0)
        for item in package.left_out
        if item.reason != "bytecode" or item is compiled[0]
    ]


def advice(package: PackageSummary) -> str:
    """What following all advice would save, in one line."""
    saved = sum(x.size_bytes for x in package.advice)
    zipped = sum(x.zipped_bytes for x in package.advice)
    share = round(100 * saved / max(package.unzipped_bytes, 1))
    return f"Could be left out: {size(saved)} ({share:,} %), {size(zipped)} of the zip"


def seconds(took_s: float) -> str:
    """A duration as people write it: "31 ms", "0.4 s", "21 s", "5 min 37 s"."""
    if took_s < 0.0995:  # noqa: PLR2004 - what rounds to 0.0 s
        return f"{max(round(took_s * 1000), 0)} ms"
    if took_s < 9.95:  # noqa: PLR2004 - the last that rounds to one digit before the point
        return f"{took_s:.1f} s"
    minutes, rest = divmod(round(took_s), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def size(size_bytes: int) -> str:
    """A size in binary units with one digit: "812 B", "1.2 KiB", "48.0 MiB"."""
    amount = float(size_bytes)
    for unit in ("B", "KiB"):
        if amount < 1024:  # noqa: PLR2004 - binary unit
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} KiB"
        amount /= 1024
    return f"{amount:.1f} MiB"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number and its noun: "1 file", "2 files", "10,000 files"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def _open(report: Report) -> int:
    """Findings that nobody allowed."""
    return sum(f.allowed is None for f in report.findings)


def _scanned(report: Report, found: int) -> str:
    """The verdict of a review: what was not read is never told as clean."""
    what = count(found, "open finding") if found else "nothing found"
    partly = any(f.step == "scan" and " not read: " in f.proof for f in report.facts)
    return f"{what}, but not all could be read" if partly else what


def _listed(report: Report) -> str:
    listed = count(len(report.releases), "version")
    return f"{listed} listed, it runs version {report.version or '?'}"


def _unchanged(report: Report) -> str:
    version = report.version or report.previous_version or "?"
    if report.command == "lock":
        return "nothing was changed"
    if report.command in ("rollback", "promote"):
        return f"nothing to do, it is at version {version} already"
    return f"nothing to do, version {version} already runs this build"


def _planned(report: Report) -> str:
    """The verdict of a plan: may it be merged, and what is to be looked at first."""
    if report.outcome == "failed":
        return "the plan failed, so nothing is known yet"
    if report.problems:
        things = count(len(report.problems), "thing")
        return f"do not merge yet, {things} {'blocks' if len(report.problems) == 1 else 'block'}"
    if report.outcome == "unchanged":
        return f"nothing changes, version {report.version} already runs this build"
    if unseen(report):
        return "nothing seen that blocks, but not all could be looked at"
    return "nothing blocks, please look at what is marked" if level(report) else "nothing blocks"


def _what_merging_does(report: Report) -> str:
    alias, was = _quoted(report.alias), report.previous_version
    merging = "Merging" if report.run.event in REVIEW_EVENTS else "A deploy"
    if report.problems:
        return f"{merging} now would release nothing: a deploy is refused while this stands."
    if report.outcome == "unchanged":
        return f"{merging} writes nothing, neither to S3 nor to Lambda."
    if was:
        return f"{merging} publishes a new version and moves {alias} on from version {was}."
    if any(fact.step == "observe" for fact in unseen(report)):
        return f"{merging} publishes a new version and moves {alias} to it."
    return f"{merging} publishes the first version and creates the alias {alias}."


def unseen(report: Report) -> tuple[Fact, ...]:
    """What a plan could not look at, and why."""
    if report.command != "plan":
        return ()
    return tuple(fact for fact in report.facts if fact.status is Status.SKIPPED)


def covers(report: Report) -> str:
    """What the review of a plan binds, one sentence; "" when there is no build."""
    if report.command != "plan" or report.build_sha256 is None:
        return ""
    if report.review_required:
        return "Any other build is refused at deploy."
    return "A deploy with `require-reviewed: true` refuses any other build."


def _still(report: Report) -> str:
    """Where the alias stands after a run that ended early; never a guess."""
    if report.command == "scan":
        blocking = sum(p.id == "E-SCAN-01" for p in report.problems)
        one = "blocks" if blocking == 1 else "block"
        return f"{count(blocking, 'finding')} {one}" if blocking else "not reviewed"
    if report.reach >= Reach.ALIAS:
        return "the alias may have moved"
    if report.previous_version:
        return f"still runs version {report.previous_version}"
    return "the alias was not touched"


def _quoted(name: str) -> str:
    """A name between backticks, of bounded length: a valid one has at most 140 characters."""
    return "`" + escape.clip(name.replace("`", "'"), 140) + "`"


def _is_repository(name: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}", name) is not None
