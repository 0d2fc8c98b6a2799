"""Finds the templates of a repository: by their names, in bounded time, following no link.

May import errors and `infra`; reads the workspace, never writes.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import Problem, ScanError
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
_NAMES: Final = re.compile(
    r"(?i)(.*\btemplate\b.*|serverless[\w.-]*|sam[\w.-]*|stack[\w.-]*|cloudformation[\w.-]*|"
    r"cfn[\w.-]*|infra[\w.-]*|resources[\w.-]*|functions[\w.-]*)\.(ya?ml|json)|.*\.template"
)
_DOCUMENTS: Final = (".yml", ".yaml", ".json")
_SAYS: Final = re.compile(
    rb"AWS::\w+::\w|(?m:^\s*\"?StartAt\"?\s*:)|(?m:^functions:)|arn:aws:states"
)
"""What a document of another name must say for it to be a template."""
_NO_TEMPLATES: Final = re.compile(
    r"(?i)(package(-lock)?|ts\w*config\S*|composer|\.?eslint\S*)\.json"
)
_STACKS: Final = re.compile(r"(?i).*\.(ts|py|js|mjs)")
_STACK_FOLDERS: Final = re.compile(r"(?i)(.*/)?(bin|lib|cdk|infra\w*|stacks?|constructs?)(/.*)?|")
"""Where the source of a CDK application usually is; one is told from other code by its imports."""
_STACK_NAMES: Final = re.compile(r"(?i).*stacks?\.\w+")
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
"""Of what a folder of this ending tells to be installed, no template is the repository's.

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
    for path in named if given else _walk(workspace, unread):
        body = _body(workspace, path, unread, wanted=bool(given))
        if body is not None:
            found[path.as_posix()] = body
    return found, tuple(unread)


def _walk(workspace: Path, unread: list[Unread]) -> Iterator[Path]:
    """Files with the name of a template, nearest first."""
    waiting, entries, templates = [(workspace, False)], 0, 0
    while waiting:
        folder, in_cdk = waiting.pop(0)
        depth = len(folder.relative_to(workspace).parts)
        found = _entries(folder)
        in_cdk = in_cdk or any(entry.name == _CDK for entry in found)
        not_in = _NOT_IN | _installed(found)
        for entry in found:
            entries += 1
            if entries > MAX_ENTRIES or templates >= MAX_TEMPLATES:
                unread.append(Unread(".", "too many files to look for templates in"))
                return
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in not_in and depth < MAX_DEPTH:
                    waiting.append((Path(entry.path), in_cdk))
            elif entry.is_file(follow_symlinks=False):
                path = Path(entry.path).relative_to(workspace)
                if _may_be_template(path, in_cdk=in_cdk):
                    templates += 1
                    yield path


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


def _may_be_template(path: Path, *, in_cdk: bool) -> bool:
    if _NAMES.fullmatch(path.name) or path.suffix == ".tf":
        return True
    if path.suffix in _DOCUMENTS:
        return not _NO_TEMPLATES.fullmatch(path.name)
    if not _STACKS.fullmatch(path.name):
        return False
    folder = path.parent.as_posix().removeprefix(".")
    return in_cdk or bool(_STACK_NAMES.fullmatch(path.name) or _STACK_FOLDERS.fullmatch(folder))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda e: e.name)
    except OSError:
        return []  # not ours to read: what lies in it was not looked for


def _body(workspace: Path, path: Path, unread: list[Unread], *, wanted: bool) -> bytes | None:
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
    named = wanted or _NAMES.fullmatch(path.name)
    if path.suffix in _DOCUMENTS and not named and not _SAYS.search(body):
        return None
    if len(body) > MAX_BYTES:
        unread.append(Unread(path.as_posix(), f"more than {MAX_BYTES:,} bytes; not scanned"))
        return None
    return body
