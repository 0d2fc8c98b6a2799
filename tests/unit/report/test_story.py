"""The words: every outcome has a verdict, and none says more than is known."""

from __future__ import annotations

import dataclasses
import shlex
from typing import Any, get_args

import pytest

from signed_lambda.errors import Problem
from signed_lambda.report import story
from signed_lambda.report.model import Outcome, Reach, Run
from signed_lambda.report.text import render_text
from tests.unit.report.cases import RUN, TAMPERED, UNSEEN, report

BLOCKS = Problem("E-SCAN-01", "REC-S3 (high) at app.py:3: writes to its own bucket", "Mend it")


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_every_outcome_has_mark_headline_and_meaning(outcome: Outcome) -> None:
    shown = report(outcome=outcome)

    assert story.mark(shown)
    assert story.headline(shown)
    assert story.meaning(shown).endswith(".")
    assert "!" not in story.headline(shown) + story.meaning(shown)


@pytest.mark.parametrize(
    ("changes", "headline"),
    [
        ({"previous_version": ""}, "now runs version 42 (new alias)"),
        ({"outcome": "promoted"}, "now runs version 42 (was 41), promoted"),
        ({"outcome": "unchanged"}, "nothing to do, version 42 already runs this build"),
        (
            {"outcome": "unchanged", "command": "rollback"},
            "nothing to do, it is at version 42 already",
        ),
        (
            {"outcome": "unchanged", "version": "", "previous_version": "7"},
            "nothing to do, version 7 already runs this build",
        ),
        ({"outcome": "rolled-back", "previous_version": ""}, "rolled back to version 42"),
        ({"command": "plan", "outcome": "planned", "facts": ()}, "nothing blocks"),
        (
            {"command": "plan", "outcome": "planned", "facts": (), "warnings": ("x",)},
            "nothing blocks, please look at what is marked",
        ),
        (
            {"command": "plan", "outcome": "planned", "facts": (UNSEEN,)},
            "nothing seen that blocks, but not all could be looked at",
        ),
        (
            {"command": "plan", "outcome": "refused", "problems": (TAMPERED,)},
            "do not merge yet, 1 thing blocks",
        ),
        (
            {"command": "plan", "outcome": "refused", "problems": (TAMPERED, TAMPERED)},
            "do not merge yet, 2 things block",
        ),
        (
            {"command": "plan", "outcome": "failed", "problems": (TAMPERED,)},
            "the plan failed, so nothing is known yet",
        ),
        (
            {"command": "plan", "outcome": "unchanged", "version": "41"},
            "nothing changes, version 41 already runs this build",
        ),
        ({"outcome": "scanned"}, "nothing found"),
        ({"outcome": "refused", "reach": Reach.VERSION}, "still runs version 41"),
        (
            {"outcome": "refused", "reach": Reach.NOTHING, "previous_version": ""},
            "the alias was not touched",
        ),
        ({"outcome": "failed", "reach": Reach.ALIAS}, "the alias may have moved"),
        ({"outcome": "moved-unconfirmed"}, "may have moved to version 42, please check"),
    ],
)  # fmt: skip
def test_headline_says_where_the_alias_stands(changes: dict[str, object], headline: str) -> None:
    assert story.headline(report(**changes)) == headline


@pytest.mark.parametrize(
    ("changes", "target", "headline"),
    [
        ({"outcome": "scanned"}, "`orders-thumbnailer`", "nothing found"),
        ({"outcome": "scanned", "function_name": ""}, "`src`", "nothing found"),
        (
            {"outcome": "refused", "function_name": "", "problems": (BLOCKS, BLOCKS)},
            "`src`",
            "2 findings block",
        ),
        ({"outcome": "refused", "problems": (BLOCKS,)}, "`orders-thumbnailer`", "1 finding blocks"),
        (
            {"outcome": "refused", "function_name": "", "package": None, "problems": (TAMPERED,)},
            "the source",
            "not reviewed",
        ),
    ],
)
def test_a_review_is_of_a_source_and_says_nothing_of_aliases(
    changes: dict[str, object], target: str, headline: str
) -> None:
    shown = report(command="scan", **changes)

    assert (story.target(shown), story.headline(shown)) == (target, headline)
    assert story.meaning(shown) == (
        "Static review only: nothing was read from AWS, nothing was written."
    )


def test_failure_after_the_move_was_sent_never_says_that_nothing_changed() -> None:
    shown = report(outcome="failed", reach=Reach.ALIAS)

    assert "could not be read back" in story.meaning(shown)
    assert "same code as before" not in story.meaning(shown)


def test_undo_is_one_command_with_quoted_values() -> None:
    undo = story.undo(report(alias="a b; rm -rf /", undo_version="41"))

    assert undo is not None
    words = shlex.split(undo.command)
    assert words[:6] == ["gh", "workflow", "run", "rollback.yml", "-R", "acme/orders"]
    assert words[6:] == [
        "-f", "function-name=orders-thumbnailer", "-f", "alias=a b; rm -rf /", "-f", "to=41",
    ]  # fmt: skip
    assert undo.url == "https://github.com/acme/orders/actions/workflows/rollback.yml"


def test_undo_without_a_repository_names_the_inputs() -> None:
    shown = report(run=Run())

    assert story.undo(shown) == story.Undo(version="41", command="", url="")
    assert "run this action with command: rollback and to: 41." in render_text(shown)


def test_without_a_version_before_there_is_no_undo() -> None:
    shown = report(undo_version="")

    assert story.undo(shown) is None
    assert "Undo" not in render_text(shown)


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({}, "commit file run"),
        ({"commit": "a1b2c3d"}, "run"),
        ({"commit": "../" * 20}, "run"),
        ({"repository": "acme/orders/../../x"}, ""),
        ({"repository": ""}, ""),
        ({"run_id": 0}, "commit file"),
    ],
)
def test_addresses_are_made_of_checked_parts_only(changes: dict[str, Any], known: str) -> None:
    shown = dataclasses.replace(RUN, **changes)
    addresses = {
        "commit": story.commit_url(shown),
        "file": story.file_url(shown, "src/a.py", 1, 2),
        "run": story.run_url(shown),
    }

    assert " ".join(name for name, url in addresses.items() if url) == known


@pytest.mark.parametrize(
    ("server", "web"),
    [
        ("https://ghes.example:8443", "https://ghes.example:8443"),
        ("", "https://github.com"),
        ("javascript:alert(1)", "https://github.com"),
        ("https://a.b/path) [x](https://evil", "https://github.com"),
    ],
)
def test_server_address_is_githubs_own_or_the_default(server: str, web: str) -> None:
    assert story.web(dataclasses.replace(RUN, server_url=server)) == web


def test_second_attempt_links_to_itself() -> None:
    url = story.run_url(dataclasses.replace(RUN, attempt=3))

    assert url == "https://github.com/acme/orders/actions/runs/17204991112/attempts/3"


@pytest.mark.parametrize("path", ["../x", "a/../x", "/etc/passwd", "a//b", "./a", ""])
def test_path_that_could_lead_elsewhere_gets_no_link(path: str) -> None:
    assert story.file_url(RUN, path, 1, 1) == ""


def test_link_to_lines_is_quoted() -> None:
    assert story.file_url(RUN, "a b(1)#é.py", 3, 3) == (
        f"https://github.com/acme/orders/blob/{RUN.commit}/a%20b%281%29%23%C3%A9.py#L3"
    )


@pytest.mark.parametrize(
    ("took_s", "text"),
    [
        (0.0, "0 ms"),
        (0.031, "31 ms"),
        (0.0995, "0.1 s"),
        (9.94, "9.9 s"),
        (9.95, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (337.2, "5 min 37 s"),
        (-1.0, "0 ms"),
    ],
)
def test_durations_read_as_people_write_them(took_s: float, text: str) -> None:
    assert story.seconds(took_s) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1_258_291, "1.2 MiB"),
        (5 * 2**30, "5120.0 MiB"),
    ],
)
def test_sizes_read_as_people_write_them(size: int, text: str) -> None:
    assert story.size(size) == text


def test_counts_have_their_plural() -> None:
    assert story.count(1, "file") == "1 file"
    assert story.count(10_000, "file") == "10,000 files"
    assert story.count(0, "file") == "0 files"


def test_sentence_is_closed_once() -> None:
    assert [story.sentence(t) for t in ("a", "a.", "a?", "use `x`", " ", "")] == [
        "a.", "a.", "a?", "use `x`", "", "",
    ]  # fmt: skip
