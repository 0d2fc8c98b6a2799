"""YAML and JSON templates: which is which.

Imports its siblings and, through `tree`, the YAML parser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.scan.infra import cloudformation, serverless
from signed_lambda.scan.infra.tree import NotScannedError, parse
from signed_lambda.scan.reading import Unread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.scan.infra.document import Tree
    from signed_lambda.scan.infra.model import Infra


def read(files: Mapping[str, bytes], infra: Infra) -> list[Unread]:
    """Adds what the templates among the files declare; those that are not plain data are returned.

    A file that is data, but no template, is no fault.
    """
    trees: dict[str, Tree] = {}
    unread: list[Unread] = []
    for path, body in files.items():
        try:
            trees[path] = parse(body)
        except NotScannedError as error:
            unread.append(Unread(path, f"{error}; not scanned"))
    for path, tree in trees.items():
        lines = tuple(files[path].decode("utf-8", "replace").splitlines())
        if serverless.is_template(tree):
            infra.sources.append(path)
            serverless.read(path, tree, infra, lines, trees)
        elif cloudformation.is_template(tree):
            infra.sources.append(path)
            cloudformation.read(path, tree, infra, lines, trees)
    return unread
