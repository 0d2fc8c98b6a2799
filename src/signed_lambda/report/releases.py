"""The releases of a `history`: a picture of the days, a list, and lines for the log.

Pure: imports escape, hashes, story and model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.report import escape, hashes, story

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Release, Report

_PLACES: Final = {"live": "➡️", "previous": "↩️", "": ""}
_STANDINGS: Final = {"usable": "✅", "refused": "⛔", "unseen": "❔"}
_WORDS: Final = {"live": "runs now", "previous": "ran before"}
_ARROWS: Final = {"live": "==>", "previous": "-.->"}
_DRAWN: Final = 8
"""Versions in the picture, the newest."""
_ALIASES: Final = 5
_CLIP: Final = 200


def section(report: Report, most: int) -> str:
    """Picture and list; "" where nothing was listed.

    Args:
        report: Of a `history`.
        most: So many versions are shown, the newest; 0: none.
    """
    if not report.releases or most == 0:
        return ""
    shown = report.releases[:most]
    more = len(report.releases) - len(shown) + report.older_releases
    left_out = [f"- and {story.count(more, 'older version')}"] if more else []
    legend = "➡️ where the alias leads, ↩️ where it led before; ✅ a rollback to it would pass what"
    return "\n\n".join(
        (
            picture(report),
            f"{legend} was looked at, ⛔ it would be refused, ❔ not seen.",
            "\n".join([*(_item(report, release) for release in shown), *left_out]),
        )
    )


def picture(report: Report) -> str:
    """The newest versions, the oldest of them first, and where the alias leads and led.

    A flowchart, which any renderer of mermaid draws: a `timeline` has no labels that are escaped.
    """
    shown = [*reversed(report.releases[:_DRAWN])]
    lines = ["flowchart TB"]
    lines += [f'  n{i}["{label(release)}"]' for i, release in enumerate(shown)]
    lines += [f"  n{i} --> n{i + 1}" for i in range(len(shown) - 1)]
    led = [(i, release.place) for i, release in enumerate(shown) if release.place]
    if led:
        lines.append(f'  alias["{escape.mermaid_label(report.alias)}"]')
    lines += [f"  alias {_ARROWS[place]} n{i}" for i, place in led]
    return escape.fence("\n".join(lines), "mermaid")


def label(release: Release) -> str:
    """Of a node: "41, 2026-11-20, by others"."""
    day = release.published_at[:10]
    words = [release.version, *([day] if day else []), *([] if release.build else ["by others"])]
    return escape.mermaid_label(", ".join(words))


def _item(report: Report, release: Release) -> str:
    """A list, not a table: a phone shows it without scrolling sideways."""
    marks = f"{_STANDINGS[release.standing]} {_PLACES[release.place]}".rstrip()
    code = f" {hashes.short(release.code_sha256)}" if release.code_sha256 else ""
    parts = [f"{marks} version {escape.prose(escape.clip(release.version, 40))}{code}"]
    parts += [*_also(release), *_released(report, release)]
    parts.append(
        f"signed by {escape.code(escape.clip(release.signed_by, _CLIP))}"
        if release.signed_by
        else "not signed"
    )
    if release.standing != "usable":
        parts.append(f"**{escape.prose(escape.clip(release.why, _CLIP))}**")
    return f"- {' · '.join(parts)}"


def _also(release: Release) -> Iterator[str]:
    """Other aliases that lead there."""
    names = ", ".join(escape.code(escape.clip(n, 130)) for n in release.aliases[:_ALIASES])
    more = len(release.aliases) - _ALIASES
    if names:
        yield f"also {names}{f' and {more} more' if more > 0 else ''}"


def _released(report: Report, release: Release) -> Iterator[str]:
    """When, from what, by whom, why."""
    at = release.published_at[:16].replace("T", " ") or "nobody knows when"
    yield escape.text(f"published {at}")
    if not release.build:
        yield "published outside this action"
        return
    run = report.run
    if release.commit:
        page = story.commit_page(run, release.commit)
        yield f"commit {_linked(escape.code(release.commit[:7]), page)}"
    if release.pull_request:
        page = story.pull_request_page(run, release.pull_request)
        yield _linked(escape.prose(f"pull request {release.pull_request}"), page)
    if release.run:
        page = story.run_page(run, release.run, release.attempt)
        by = f" by {escape.code(escape.clip(release.who, 60))}" if release.who else ""
        yield _linked(escape.prose(f"run {release.run}"), page) + by
    if release.command:
        reason = f": {escape.text(escape.clip(release.reason, _CLIP))}" if release.reason else ""
        yield f"last moved here by {escape.prose(release.command)}{reason}"


def _linked(text: str, page: str) -> str:
    return f"[{text}]({page})" if page else text


def lines(report: Report, most: int) -> Iterator[str]:
    """A version each, for the log; foreign text is not yet escaped.

    Args:
        report: Of a `history`.
        most: So many versions.
    """
    for release in report.releases[:most]:
        code = release.code_sha256.b64 if release.code_sha256 else "no CodeSha256"
        place = f", {_WORDS[release.place]}" if release.place else ""
        also = f", also {', '.join(release.aliases)}" if release.aliases else ""
        yield f"version {release.version}{place}{also}: {code}"
        when = release.published_at or "at an unknown time"
        origin = "published outside this action"
        if release.build:
            pull = f", pull request {release.pull_request}" if release.pull_request else ""
            who = f" by {release.who}" if release.who else ""
            commit = release.commit or "unknown"
            run = f", run {release.run}.{release.attempt}{who}" if release.run else ""
            origin = f"commit {commit}{pull}{run}"
        yield f"    {when}, {origin}"
        signed = f"signed by {release.signed_by}, job {release.signing_job_id}"
        yield f"    {signed if release.signed_by else 'not signed'}"
        if release.hash_alias:
            yield f"    {release.hash_alias}"
        if release.command:
            yield f"    last moved here by {release.command}: {release.reason or 'no reason given'}"
        yield f"    rollback: {release.standing}, {release.why}"
    more = len(report.releases) - most + report.older_releases
    if more > 0:
        yield f"and {story.count(more, 'older version')}"
