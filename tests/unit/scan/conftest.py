"""What the tests of the static review share: a few files in, findings and sinks out."""

from __future__ import annotations

from typing import Protocol

import pytest

from signed_lambda.report.model import Finding
from signed_lambda.scan import findings_in
from signed_lambda.scan.form import Module
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.reading import read
from signed_lambda.scan.world import World, world_of


class MakesWorlds(Protocol):
    """`world({"app.py": "..."})`."""

    def __call__(self, files: dict[str, str], name: str = "orders") -> World:
        """The world of these files, in a package of that function."""
        ...


@pytest.fixture
def world() -> MakesWorlds:
    """The world of these files."""

    def made(files: dict[str, str], name: str = "orders") -> World:
        modules = [read(path, text.encode()) for path, text in files.items()]
        read_whole = [m for m in modules if isinstance(m, Module)]
        assert len(read_whole) == len(modules), modules
        return world_of(read_whole, name)

    return made


def scanned(
    code: dict[str, str], templates: dict[str, str], function: str = ""
) -> tuple[Finding, ...]:
    """The findings of some files of code beside some templates."""
    modules = [read(path, text.encode()) for path, text in code.items()]
    read_whole = [m for m in modules if isinstance(m, Module)]
    assert len(read_whole) == len(modules), modules
    infra, unread = read_templates({path: text.encode() for path, text in templates.items()})
    assert unread == ()
    assert not templates or infra.functions
    return findings_in(world_of(read_whole, function, infra))
