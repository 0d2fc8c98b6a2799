"""Finds the templates of a repository: by their names, in bounded time, following no link.

May import errors and `infra`; reads the workspace, never writes.
"""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import Problem, ScanError
from signed_lambda.lazy import regex
from signed_lambda.scan.infra.read import SOURCES, is_cdk
from signed_lambda.scan.reading import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ENTRIES: Final = 50_000
"""Names that are looked at in a workspace."""
MAX_DEPTH: Final = 8
MAX_TEMPLATES: Final = 1000
"""Files that are opened to see whether they are one."""
MAX_BYTES: Final = 1024 * 1024
_NAMES: Final = regex(
    r"(?i)(.*\btemplate\b.*|serverless[\w.-]*|sam[\w.-]*|stack[\w.-]*|cloudformation[\w.-]*|"
    r"cfn[\w.-]*|infra[\w.-]*|resources[\w.-]*|functions[\w.-]*)\.(ya?ml|json)|.*\.template"
)
_DOCUMENTS: Final = (".yml", ".yaml", ".json")
_SAYS: Final = regex(
    rb"AWS::\w+::\w|(?m:^[ \t]*+\"?StartAt\"?\s{0,20}:)|(?m:^functions:)|arn:aws:states"
)
"""What a document of another name must say for it to be a template."""
_NO_TEMPLATES: Final = regex(r"(?i)(package(-lock)?|ts\w*config\S*|composer|\.?eslint\S*)\.json")
_STACKS: Final = regex(r"(?i).*\.(ts|py|js|mjs)")
_STACK_FOLDERS: Final = regex(r"(?i)(.*/)?(bin|lib|cdk|infra\w*|stacks?|constructs?)(/.*)?|")
"""Where the source of a CDK application usually is; one is told from other code by its imports."""
_STACK_NAMES: Final = regex(r"(?i).*stacks?\.\w+")
_CDK: Final = "cdk.json"
"""A folder with one is a CDK application, wherever in it its stacks are.

Source: https://docs.aws.amazon.com/cdk/v2/guide/projects.html
"""
_NOT_IN: Final = frozenset(
    {
        *(".git", ".hg", "node_modules", ".venv", "venv", "site-packages", "__pycache__", "vendor"),
        *(".terraform", ".serverless", ".aws-sam", ".mypy_cache", ".pytest_cache", ".tox", "tests"),
    }
)
_DIST_INFO: Final = ".dist-info"
"""A folder of this ending tells which folders beside it are an installed package's.

That is a claim of whoever wrote it, and hides no template that has a template's name.
Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""
_RECORD_BYTES_MAX: Final = 2 * 1024 * 1024
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def find_templates(
    workspace: Path, given: tuple[str, ...] = ()
) -> tuple[dict[str, bytes], tuple[Unread, ...]]:
    """The templates by their path in the workspace, and what was not read of them.

    Args:
        workspace: The checked-out repository, resolved.
        given: The only ones to read; empty to look for them.

    Raises:
        ScanError: E-SCAN-02 one that was given is not there, is outside or is no file.
    """
    unread: list[Unread] = []
    found: dict[str, bytes] = {}
    named = (Path(os.path.relpath(workspace / path, workspace)) for path in given)
    looked_for = ((path, True) for path in named) if given else _walk(workspace, unread)
    for path, is_ours in looked_for:
        body = _body(workspace, path, unread, wanted=bool(given), is_ours=is_ours)
        if body is not None:
            found[path.as_posix()] = body
    return found, tuple(unread)


def _walk(workspace: Path, unread: list[Unread]) -> Iterator[tuple[Path, bool]]:
    """Files that may be a template, nearest first; and whether none of an installed package."""
    waiting, entries, templates = deque([(str(workspace), 0, False, True)]), 0, 0
    while waiting:
        folder, depth, in_cdk, is_ours = waiting.popleft()
        found = _entries(folder)
        in_cdk = in_cdk or any(entry.name == _CDK for entry in found)
        installed = _installed(found) if is_ours else set()
        for entry in found:
            entries += 1
            if entries > MAX_ENTRIES or templates >= MAX_TEMPLATES:
                unread.append(Unread(".", "too many files to look for templates in"))
                return
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NOT_IN and depth < MAX_DEPTH:
                    ours = is_ours and entry.name not in installed
                    waiting.append((entry.path, depth + 1, in_cdk, ours))
            elif entry.is_file(follow_symlinks=False):
                has_name = _has_name(entry.name)
                if not has_name and not is_ours:
                    continue  # most files of most workspaces
                path = Path(entry.path).relative_to(workspace)
                if has_name or _may_be_template(path, in_cdk=in_cdk):
                    templates += 1
                    yield path, is_ours


def _installed(beside: list[os.DirEntry[str]]) -> set[str]:
    """Which of the entries of one folder are folders of Python packages that pip put there."""
    found: set[str] = set()
    for entry in beside:
        if entry.name.endswith(_DIST_INFO) and entry.is_dir(follow_symlinks=False):
            found.add(entry.name)
            try:
                with os.fdopen(os.open(f"{entry.path}/RECORD", _FLAGS), "rb") as file:
                    record = file.read(_RECORD_BYTES_MAX).decode(errors="replace")
            except OSError:
                continue  # it does not tell: its files are looked at
            found |= {line.partition("/")[0] for line in record.splitlines() if "/" in line}
    return found


def _has_name(name: str) -> bool:
    return _NAMES.fullmatch(name) is not None or os.path.splitext(name)[1] == ".tf"  # noqa: PTH122 - for each file of a workspace


def _may_be_template(path: Path, *, in_cdk: bool) -> bool:
    if path.suffix in _DOCUMENTS:
        return not _NO_TEMPLATES.fullmatch(path.name)
    if not _STACKS.fullmatch(path.name):
        return False
    folder = path.parent.as_posix().removeprefix(".")
    return in_cdk or bool(_STACK_NAMES.fullmatch(path.name) or _STACK_FOLDERS.fullmatch(folder))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda e: e.name)
    except OSError:
        return []  # not ours to read: what lies in it was not looked for


def _body(
    workspace: Path, path: Path, unread: list[Unread], *, wanted: bool, is_ours: bool
) -> bytes | None:
    inside = (workspace / path).resolve().is_relative_to(workspace)
    try:
        if not inside:
            raise OSError("outside the workspace")
        with os.fdopen(os.open(workspace / path, _FLAGS), "rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        if wanted:
            raise ScanError(
                Problem(
                    "E-SCAN-02",
                    f"template '{path}': {error.strerror or error}",
                    "Give paths of files relative to the workspace, one a line",
                )
            ) from error
        unread.append(Unread(path.as_posix(), f"{error.strerror or error}"))
        return None
    if path.suffix in SOURCES and not is_cdk(body):
        return None
    named = wanted or (is_ours and _NAMES.fullmatch(path.name))
    if path.suffix in _DOCUMENTS and not named and not _SAYS.search(body):
        return None
    if len(body) > MAX_BYTES:
        unread.append(Unread(path.as_posix(), f"more than {MAX_BYTES:,} bytes; not scanned"))
        return None
    return body
