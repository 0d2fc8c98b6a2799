"""The rules of GitHub's runner that the suite holds the program to, each with what it shows."""

from __future__ import annotations

import base64
import json

import pytest

from tests.support.runner_rules import (
    MAX_MESSAGE,
    MAX_SUMMARY_BYTES,
    Console,
    Shown,
    inputs_of,
    parse_command,
    read_pairs,
    read_summary,
    unfolded,
)

LINES: dict[str, tuple[str, dict[str, str], str] | None] = {
    "::error::x": ("error", {}, "x"),
    "   ::warning ::x": ("warning", {}, "x"),
    "\u2003\t::ERROR title=T::x": ("error", {"title": "T"}, "x"),
    "::error file=a.py,line=3,,title=a%3A b%2C%25,empty=,=y::x%0Ay%25": (
        "error",
        {"file": "a.py", "line": "3", "title": "a: b,%"},
        "x\ny%",
    ),
    "::error::a::b": ("error", {}, "a::b"),
    "scanning: ##[error]x%5D%3B": ("error", {}, "x];"),
    "::nonsense::##[warning line=3;title=a%3B]x": ("warning", {"line": "3", "title": "a;"}, "x"),
    "a ::error::x": None,
    "::error": None,
    "::error:x": None,
    "::nonsense::x": None,
    "##[error": None,
    "##[nonsense]x ##[error]y": None,
    "##vso[task.x]": None,
    ": :error::x": None,
    "## [error]x": None,
    "": None,
}


def fed(*lines: str) -> Console:
    console = Console()
    for line in lines:
        console.feed(f"{line}\n")
    return console


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_the_command_that_the_runner_reads(line: str) -> None:
    assert parse_command(line) == LINES[line]


def test_a_carriage_return_ends_a_line() -> None:
    assert fed("harmless\r::error::x").annotations == [Shown("error", "x")]


def test_ten_annotations_of_a_level_are_shown_and_all_are_logged() -> None:
    console = fed(*(f"::warning::{n}" for n in range(14)), "::notice::n")

    assert [a.message for a in console.annotations] == [*map(str, range(10)), "n"]
    assert console.dropped == {"warning": 4}
    assert console.log[13] == "##[warning]13"


def test_a_long_message_is_cut() -> None:
    [shown] = fed("::error::" + "x" * 9_000).annotations

    assert len(shown.message) == MAX_MESSAGE


@pytest.mark.parametrize(
    ("given", "lines"),
    [("line=3,endLine=5", (3, 5)), ("endLine=5", (5, 5)), ("line=5,endLine=3", (0, 0)),
     ("line=3", (3, 0)), ("line=x", (0, 0))],
)  # fmt: skip
def test_a_range_that_is_none_is_dropped(given: str, lines: tuple[int, int]) -> None:
    [shown] = fed(f"::error file=/github/workspace/a.py,{given}::x").annotations

    assert (shown.file, shown.line, shown.end_line) == ("a.py", *lines)


def test_a_stopped_runner_takes_everything_for_text_until_its_token() -> None:
    console = fed(
        "::stop-commands::My-Token", "::error::x", "##[add-mask]abcd", "::other::", "::MY-TOKEN::",
        "::notice::after abcd",
    )  # fmt: skip

    assert console.annotations == [Shown("notice", "after abcd")]
    assert console.log[:5] == [
        "::stop-commands::***", "::error::x", "##[add-mask]abcd", "::other::", "::MY-TOKEN::",
    ]  # fmt: skip
    assert not console.stopped


@pytest.mark.parametrize("token", ["", "error", "Pause-Logging"])
def test_a_stop_with_a_token_that_is_none_fails_the_step(token: str) -> None:
    console = fed(f"::stop-commands::{token}", "::error::x")

    assert len(console.refused) == 1
    assert len(console.annotations) == 1


def test_a_stop_without_its_token_lasts() -> None:
    assert fed("::stop-commands::abcdefgh", "::error::x").stopped


def test_a_mask_of_untrusted_text_garbles_the_log() -> None:
    assert fed("::add-mask::a", "a banana").log == ["*** b***n***n***"]


def test_a_mask_of_several_lines_masks_each_of_them() -> None:
    assert fed("::add-mask::first%0A  }  %0A", "first {}").log == ["*** {***"]


def test_an_empty_mask_is_a_warning() -> None:
    assert [a.level for a in fed("::add-mask:: ").annotations] == ["warning"]


@pytest.mark.parametrize(
    "spelled",
    [
        str,
        lambda s: base64.b64encode(s.encode()).decode(),
        lambda s: base64.b64encode(s.encode()[2:]).decode(),
        json.dumps,
        lambda s: s.replace("/", "%2F").replace('"', "%22").replace("&", "%26"),
    ],
)
def test_a_mask_hides_the_usual_spellings(spelled: object) -> None:
    secret = 'wJalr/"UtnFEMI&bPxRfi'
    console = fed(f"::add-mask::{secret}")

    shown = console.masked(f"[{spelled(secret)}]")  # type: ignore[operator]

    assert shown in ("[***]", '["***"]')


def test_overlapping_masks_leave_nothing_between_them() -> None:
    console = fed("::add-mask::abcd", "::add-mask::cdef")

    assert console.masked("xabcdefy abcd") == "x***y ***"


def test_the_part_behind_an_ampersand_is_masked_alone() -> None:
    assert fed("::add-mask::token=1&x-id=GetObject").masked("x-id=GetObject") == "***"


def test_outputs_that_may_hold_a_secret_do_not_leave_the_job() -> None:
    console = fed("::add-mask::111122223333")
    outputs = {"arn": "arn:aws:lambda:eu-west-1:111122223333:x", "version": "4", "empty": ""}

    assert console.for_other_jobs(outputs) == {"version": "4"}


@pytest.mark.parametrize("command", ["::set-env name=A::b", "::add-path::/x", "::echo::perhaps"])
def test_what_the_runner_refuses_fails_the_step(command: str) -> None:
    assert fed(command).refused == [command]


def test_old_outputs_echo_and_debug_are_obeyed() -> None:
    console = fed("::set-output name=a::1", "::echo::on", "::set-output name=b::2", "::debug::x")

    assert console.outputs == {"a": "1", "b": "2"}
    assert console.log == ["::set-output name=b::2"]


def test_what_is_outside_of_groups_is_seen() -> None:
    assert unfolded(fed("a", "::group::T", "b", "::endgroup::", "c").log) == ["a", "> T", "c"]


@pytest.mark.parametrize(
    "lines", [("::group::a",), ("::endgroup::",), ("::group::a", "::group::b", "::endgroup::")]
)
def test_groups_that_do_not_match_are_a_mistake(lines: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError, match="group"):
        unfolded(fed(*lines).log)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", {}),
        ("a=1\n\nb=<<x\n", {"a": "1", "b": "<<x"}),
        ("a<<E\n1\n=2\nE\nb=3", {"a": "1\n=2", "b": "3"}),
        ("a<<E\nE\n", {"a": ""}),
        ("a<<E\n1\nE", {"a": "1"}),
        ("title=x\nreviewed=true\n", {"title": "x", "reviewed": "true"}),
        ("a<<E\n1\r\nE\n", {"a": "1\r"}),
    ],
)
def test_a_file_of_outputs_is_read_as_the_runner_does(text: str, pairs: dict[str, str]) -> None:
    assert read_pairs(text) == pairs


@pytest.mark.parametrize("text", ["a", "<<E\nE\n", "a<<\n", "a<<E\n1\n", "a<<E", "a<<E\n1"])
def test_a_file_of_outputs_that_is_not_of_its_form_fails_the_step(text: str) -> None:
    with pytest.raises(ValueError, match="Invalid"):
        read_pairs(text)


def test_a_summary_above_a_mebibyte_is_dropped_whole() -> None:
    assert read_summary(b"x" * MAX_SUMMARY_BYTES)[1] == ""
    assert read_summary(b"x" * (MAX_SUMMARY_BYTES + 1))[0] == ""


def test_inputs_have_their_defaults_and_unknown_ones_are_passed_on() -> None:
    declared = {
        "github-token": {"default": "${{ github.token }}"},
        "source dir": {"required": True},
        "alias": {"default": "live"},
    }

    variables, unknown, missing = inputs_of(declared, {"Alias": "prod", "sorce": "x"}, "ghs_1")

    assert variables["INPUT_GITHUB-TOKEN"] == "ghs_1"
    assert variables["INPUT_SOURCE_DIR"] == ""
    assert variables["INPUT_ALIAS"] == "prod"
    assert variables["INPUT_SORCE"] == "x"
    assert (unknown, missing) == (["sorce"], ["source dir"])
