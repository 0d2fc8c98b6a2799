"""A file that an input names: what must not be read is not waited for, and the reason is said."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from signed_lambda.named_file import read_named

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.action import Team


def test_a_file_of_the_workspace_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "roots").write_bytes(b"12345")

    assert read_named("roots", tmp_path, 5) == b"12345"
    with pytest.raises(ValueError, match="more than 4 bytes"):
        read_named("roots", tmp_path, 4)


def fifo(workspace: Path) -> None:
    os.mkfifo(workspace / "odd")


def link_out(workspace: Path) -> None:
    outside = workspace.parent / "outside"
    outside.write_text("{}")
    (workspace / "odd").symlink_to(outside)


def folder(workspace: Path) -> None:
    (workspace / "odd").mkdir()


@pytest.mark.parametrize("name", ["signer_root", "attestation_roots"])
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (fifo, "it is not a file"),
        (link_out, "it lies outside the workspace"),
        (folder, "it is not a file"),
    ],
)
def test_roots_are_a_file_of_the_workspace_or_nothing_begins(
    team: Team, make: Callable[[Path], None], why: str, name: str
) -> None:
    make(team.workspace)
    given = {name: "odd"}
    if name == "attestation_roots":
        given["require_attestation"] = "acme/orders"

    ended = team.run(**given)

    assert ended.error_ids == ["E-INPUT-03"]
    assert why in ended.report["problems"][0]["what"]
    assert ended.writes == []
