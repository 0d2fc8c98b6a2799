"""What a deploy would change, as Markdown: files, and the configuration.

Pure: imports escape and model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.report import escape

if TYPE_CHECKING:
    from signed_lambda.report.model import Comparison, FileChange

_CLIP = 300
"""Characters of a name or phrase."""


def section(comparison: Comparison, at_most: int) -> str:
    """Two folded tables; "" when nothing may be shown.

    Args:
        comparison: Of the build with the live version.
        at_most: So many files, and so many configuration members, are shown.
    """
    if at_most == 0:
        return ""
    return "\n\n".join((_files(comparison, at_most), _configuration(comparison, at_most)))


def headline(comparison: Comparison) -> str:
    """One sentence for the first lines: "3 files and 1 configuration member differ"."""
    files, members = len(comparison.files), len(comparison.configuration)
    if not files and not members:
        return "Neither a file nor the configuration differs from the live version."
    return (
        f"Against live version {escape.code(comparison.version)}: {files:,}"
        f" {'file differs' if files == 1 else 'files differ'}, {members:,} configuration"
        f" {'member differs' if members == 1 else 'members differ'}."
    )


def _files(comparison: Comparison, at_most: int) -> str:
    version = escape.code(comparison.version)
    inside = escape.text(comparison.version)  # Markdown is not read inside <summary>
    title = f"Code: what changes against version {inside} ({len(comparison.files):,} files)"
    same = f"The other {comparison.same_files:,} files are byte-identical to version {version}."
    rows = "\n".join(_row(change) for change in comparison.files[:at_most])
    more = len(comparison.files) - at_most
    body = f"| File | Change | Bytes |\n|:--|:--|--:|\n{rows}" if rows else "No file changes."
    if more > 0:
        body += f"\n\n{more:,} more files change; the JSON report lists them."
    return f"<details><summary><b>{title}</b></summary>\n\n{body}\n\n{same}\n\n</details>"


def _row(change: FileChange) -> str:
    sizes = [f"{n:,}" for n in (change.before_bytes, change.after_bytes) if n is not None]
    name = escape.code(escape.clip(change.name, _CLIP))
    return f"| {name} | {change.what} | {' → '.join(sizes)} |"


def _configuration(comparison: Comparison, at_most: int) -> str:
    members = comparison.configuration
    if not members:
        return "Configuration: as it is live."
    inside = escape.text(comparison.version)
    title = f"Configuration: what changes against version {inside} ({len(members)})"
    rows = "\n".join(f"- {escape.code(escape.clip(m, _CLIP))}" for m in members[:at_most])
    note = "Values of environment variables are compared by hash and never shown."
    return f"<details><summary><b>{title}</b></summary>\n\n{rows}\n\n{note}\n\n</details>"
