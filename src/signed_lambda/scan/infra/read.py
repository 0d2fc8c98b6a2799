"""Templates among files, by the endings of their names.

A parser is imported when the first file of its kind comes. Imports its siblings.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from signed_lambda.scan.infra.model import Infra
from signed_lambda.scan.reading import Unread, read
from signed_lambda.scan.watch import untimed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.scan.watch import Watch

SOURCES: Final = (".ts", ".js", ".mjs", ".py")
_DEFINITIONS: Final = (".json", ".tftpl", ".tpl", ".yml", ".yaml")
_DATA: Final = (".yml", ".yaml", ".json", ".template")
_CDK: Final = (b"aws-cdk-lib", b"@aws-cdk/", b"aws_cdk")
"""What the source of a CDK application imports."""


def read_templates(
    files: Mapping[str, bytes], watch: Watch | None = None
) -> tuple[Infra, tuple[Unread, ...]]:
    """What the templates declare, and what was not read of them.

    Args:
        files: By their path.
        watch: As `reading.read`.
    """
    infra, unread, watch = Infra(), list[Unread](), watch or untimed()
    data = {path: body for path, body in files.items() if path.endswith(_DATA)}
    if data:
        documents = import_module("signed_lambda.scan.infra.documents")
        unread.extend(documents.read(data, infra))
    hcl = {path: body for path, body in files.items() if path.endswith(".tf")}
    if hcl:  # a machine's definition may be in a file of its own
        hcl |= {path: body for path, body in files.items() if path.endswith(_DEFINITIONS)}
        terraform = import_module("signed_lambda.scan.infra.terraform")
        unread.extend(terraform.read(hcl, infra, watch))
    sources = [read(p, b, watch) for p, b in files.items() if p.endswith(SOURCES) and is_cdk(b)]
    unread.extend(s for s in sources if isinstance(s, Unread))
    stacks = [s for s in sources if not isinstance(s, Unread)]
    if stacks:
        cdk = import_module("signed_lambda.scan.infra.cdk")
        try:
            unread.extend(cdk.read(stacks, infra, watch))
        except RecursionError:
            unread.extend(Unread(s.path, "nested too deep; not scanned") for s in stacks)
    return infra, tuple(unread)


def is_cdk(body: bytes) -> bool:
    """Whether it may be the source of a CDK application."""
    return any(mark in body for mark in _CDK)
