"""What a deploy would change, as Markdown: installed packages, files, and the configuration.

Marks come first in each row, so that a phone shows them without scrolling.

Pure: imports escape, story and model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.report import escape, story

if TYPE_CHECKING:
    from signed_lambda.model import MemberChange
    from signed_lambda.report.model import Comparison, DependencyMove, FileChange

PRIVILEGED: Final = frozenset(
    {"FileSystemConfigs", "Handler", "KMSKeyArn", "Layers", "Role", "VpcConfig"}
)
"""Members by which a function may do more, or runs other code: worth a second look."""
_CLIP: Final = 300
"""Characters of a name or value."""
_MARKS: Final = {True: "✅", False: "⚠️", None: ""}


def section(comparison: Comparison, at_most: int) -> str:
    """Two folded parts, code and configuration; "" when nothing may be shown.

    Args:
        comparison: Of the build with the live version.
        at_most: So many files, packages and configuration members each are shown.
    """
    if at_most == 0:
        return ""
    return "\n\n".join((_code(comparison, at_most), _configuration(comparison, at_most)))


def headlines(comparison: Comparison) -> tuple[str, str]:
    """The changes in short: "Code: 3 files differ.", "Configuration: Role, Timeout differ."."""
    return _code_in_short(comparison), _configuration_in_short(comparison)


def _code_in_short(comparison: Comparison) -> str:
    if not comparison.files:
        return "**Code:** the same."
    own = sum(not f.dependency for f in comparison.files)
    parts = [f"{story.count(own, 'file')} {'differs' if own == 1 else 'differ'}"] if own else []
    moves = comparison.dependencies
    named = [f"{escape.code(escape.clip(m.name, 60))} {_versions(m)}" for m in moves[:3]]
    named += [f"{len(moves) - 3:,} more"] if moves[3:] else []
    if moves:
        noun = "1 dependency" if len(moves) == 1 else f"{len(moves):,} dependencies"
        parts.append(f"{noun} ({', '.join(named)})")
    return f"**Code:** {', '.join(parts)}."


def _configuration_in_short(comparison: Comparison) -> str:
    members = comparison.configuration
    if not members:
        return "**Configuration:** the same."
    names = [
        f"**{escape.prose(m.name)}** ⚠️" if m.name in PRIVILEGED else escape.prose(m.name)
        for m in sorted(members, key=lambda m: (m.name not in PRIVILEGED, m.name))[:6]
    ]
    more = len(members) - len(names)
    names += [f"{more:,} more"] if more > 0 else []
    return f"**Configuration:** {', '.join(names)} {'differs' if len(members) == 1 else 'differ'}."


def _code(comparison: Comparison, at_most: int) -> str:
    version = escape.code(comparison.version)
    inside = escape.text(comparison.version)  # Markdown is not read inside <summary>
    own = [f for f in comparison.files if not f.dependency]
    number = story.count(len(comparison.files), "file")
    title = f"Code: what changes against version {inside} ({number})"
    parts = [_dependencies(comparison, at_most), _files(own, at_most)]
    if not comparison.files:
        parts = ["No file changes."]
    parts.append(_legend(comparison))
    same = story.count(comparison.same_files, "other file")
    is_are = "is" if comparison.same_files == 1 else "are"
    parts.append(f"{same} {is_are} byte-identical to version {version}.")
    body = "\n\n".join(part for part in parts if part)
    return f"<details><summary><b>{title}</b></summary>\n\n{body}\n\n</details>"


def _dependencies(comparison: Comparison, at_most: int) -> str:
    """A row for each installed package, whose files have no rows of their own."""
    moves = comparison.dependencies
    if not moves:
        return ""
    rows = ["| | Dependency | Version | Files |", "|:-:|:--|:--|--:|"]
    marks: dict[str, set[bool | None]] = {}
    for change in comparison.files:
        marks.setdefault(change.dependency, set()).add(change.in_pull_request)
    for move in moves[:at_most]:
        mark = _MARKS[_moved_here(comparison, marks.get(move.name, set()))]
        name = escape.code(escape.clip(move.name, _CLIP))
        rows.append(f"| {mark} | {name} | {_versions(move)} | {move.files:,} |")
    more = len(moves) - at_most
    rows += [f"| | and {more:,} more | | |"] if more > 0 else []
    return "\n".join(rows)


def _moved_here(comparison: Comparison, of_its_files: set[bool | None]) -> bool | None:
    """Whether the pull request moves a dependency: its files, or a file that pins it."""
    known = of_its_files - {None}
    return (any(known) or bool(comparison.pins)) if known else None


def _versions(move: DependencyMove) -> str:
    """In words: "1.43.98 → 1.43.106", "added 2.0", "removed 1.0", "2.0, other files"."""
    before, after = (escape.code(escape.clip(v, 40)) for v in (move.before, move.after))
    if move.before and move.after:
        return f"{before} → {after}" if move.before != move.after else f"{after}, other files"
    if move.after:
        return f"added {after}"
    return f"removed {before}" if move.before else "version not known"


def _files(own: list[FileChange], at_most: int) -> str:
    if not own:
        return ""
    rows = ["| | File | Change | Bytes |", "|:-:|:--|:--|--:|", *map(_row, own[:at_most])]
    more = len(own) - at_most
    rows += [f"| | and {more:,} more: see the JSON report | | |"] if more > 0 else []
    return "\n".join(rows)


def _row(change: FileChange) -> str:
    sizes = [f"{n:,}" for n in (change.before_bytes, change.after_bytes) if n is not None]
    name = escape.code(escape.clip(change.name, _CLIP))
    mark = _MARKS[change.in_pull_request]
    return f"| {mark} | {name} | {change.what} | {' → '.join(sizes)} |"


def _legend(comparison: Comparison) -> str:
    """What the marks say, where there are any."""
    if all(f.in_pull_request is None for f in comparison.files):
        return ""
    pins = ", ".join(escape.code(escape.clip(p, 100)) for p in comparison.pins[:5])
    by = f" (dependencies by {pins})" if pins else ""
    return f"✅ changed by this pull request{by} · ⚠️ not in this pull request: it moved otherwise"


def _configuration(comparison: Comparison, at_most: int) -> str:
    members = comparison.configuration
    if not members:
        return "Configuration: as it is live."
    inside = escape.text(comparison.version)
    title = f"Configuration: what changes against version {inside} ({len(members)})"
    privileged = [m.name for m in members if m.name in PRIVILEGED]
    warning = f"⚠️ Needs a second look: {', '.join(privileged)}.\n\n" if privileged else ""
    lines = [line for m in members[:at_most] for line in _diff(m)]
    more = len(members) - at_most
    lines += [f"  and {more:,} more: see the JSON report"] if more > 0 else []
    fence = escape.fence("\n".join(lines), "diff")
    note = "Values of environment variables are compared by salted hash and never shown."
    return f"<details><summary><b>{title}</b></summary>\n\n{warning}{fence}\n\n{note}\n\n</details>"


def _diff(member: MemberChange) -> list[str]:
    """The lines of a diff; each foreign value on one line of its own."""
    name = escape.visible(member.name)
    if member.note:
        return [f"! {name}: {escape.visible(escape.clip(member.note, _CLIP))}"]
    values = (("-", member.before), ("+", member.after))
    return [
        f"{sign} {name}: {escape.visible(escape.clip(value, _CLIP))}"
        for sign, value in values
        if value is not None
    ]
