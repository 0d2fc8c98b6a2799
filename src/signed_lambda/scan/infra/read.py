"""Templates among files: which is which, and why one is not scanned.

Imports its siblings; a parser is imported when the first file of its kind comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.infra import cdk, cloudformation, serverless
from signed_lambda.scan.infra.model import Infra
from signed_lambda.scan.infra.tree import NotScannedError, Tree, parse
from signed_lambda.scan.reading import Unread, read

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDINGS: Final = (".yml", ".yaml", ".json", ".template")
SOURCES: Final = (".ts", ".js", ".mjs", ".py")


def read_templates(files: Mapping[str, bytes]) -> tuple[Infra, tuple[Unread, ...]]:
    """What the templates declare; a file that is not a template is no fault."""
    infra, unread = Infra(), list[Unread]()
    trees: dict[str, Tree] = {}
    for path, body in files.items():
        if path.endswith(ENDINGS):
            try:
                trees[path] = parse(body)
            except NotScannedError as error:
                unread.append(Unread(path, f"{error}; not scanned"))
    for path, tree in trees.items():
        lines = tuple(files[path].decode("utf-8", "replace").splitlines())
        if cloudformation.is_template(tree) and not serverless.is_template(tree):
            infra.sources.append(path)
            cloudformation.read(path, tree, infra, lines)
        elif serverless.is_template(tree):
            infra.sources.append(path)
            serverless.read(path, tree, infra, lines, trees)
    stacks = {path: body for path, body in files.items() if path.endswith(".tf")}
    if stacks:
        from signed_lambda.scan.infra import terraform  # noqa: PLC0415 - a parser of its own

        unread.extend(terraform.read(stacks, infra))
    sources = [read(p, b) for p, b in files.items() if p.endswith(SOURCES) and is_cdk(b)]
    unread.extend(s for s in sources if isinstance(s, Unread))
    if sources:
        cdk.read((s for s in sources if not isinstance(s, Unread)), infra)
    return infra, tuple(unread)


def is_cdk(body: bytes) -> bool:
    """Whether it may be the source of a CDK application."""
    return any(mark in body for mark in cdk.MARKS)
