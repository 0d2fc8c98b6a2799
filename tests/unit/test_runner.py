"""The runner's protocol: what it reads from stdout and files is what was meant, no more."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from signed_lambda.report.annotations import Annotation
from signed_lambda.report.model import Run
from signed_lambda.runner import MAX_EVENT_BYTES, MAX_SUMMARY_BYTES, Event, Runner
from tests.support.hostile import FOREIGN
from tests.support.runner_rules import Console, parse_command, read_pairs, unfolded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/orders",
    "GITHUB_SERVER_URL": "https://github.com/",
    "GITHUB_RUN_ID": "17204991112",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_SHA": "a" * 40,
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_ACTOR": "dev-anna",
    "GITHUB_TRIGGERING_ACTOR": "dev-ben",
    "GITHUB_WORKFLOW": "deploy",
}


def on_github(**more: str) -> tuple[Runner, io.StringIO]:
    out = io.StringIO()
    return Runner(GITHUB | more, out), out


def by_hand(**env: str) -> tuple[Runner, io.StringIO]:
    out = io.StringIO()
    return Runner(env, out), out


def commands(printed: str) -> list[tuple[str, dict[str, str], str]]:
    """What the runner makes of the lines: name, properties, data of each command."""
    return heard(printed).commands


def heard(printed: str) -> Console:
    """The runner after these lines."""
    console = Console()
    console.feed(printed)
    return console


@given(text=FOREIGN)
def test_printed_line_is_one_line_and_no_command(text: str) -> None:
    runner, out = on_github()

    runner.line(text)

    assert out.getvalue().endswith("\n")
    line = out.getvalue()[:-1]
    assert line.isprintable()
    assert parse_command(line) is None


@given(text=FOREIGN)
def test_printed_block_has_no_command_in_any_line(text: str) -> None:
    runner, out = on_github()

    runner.text(f"first\n{text}\nlast\n")

    stop, first, *lines, last, end = out.getvalue().splitlines()
    assert (first, last) == ("first", "last")
    assert not any(parse_command(line) for line in lines)
    assert [name for name, _, _ in commands(out.getvalue())] == ["stop-commands", end[2:-2]]
    assert stop == f"::stop-commands::{end[2:-2]}"


def test_commands_are_off_in_a_block_even_for_a_command_that_no_escape_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("signed_lambda.report.escape.log", lambda line: line)
    runner, out = on_github()

    runner.text("::error::injected\n::add-mask::injected\n::endgroup::\n##[error]injected")
    runner.notice("after")

    console = heard(out.getvalue())
    assert [(a.level, a.message) for a in console.annotations] == [("notice", "after")]
    assert not console.stopped
    assert console.masked("injected") == "injected"


def test_a_blocks_token_is_random_and_not_in_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    runner, out = on_github()
    runner.text("one")
    runner.text("two")
    first, second = (data for name, _, data in commands(out.getvalue()) if name == "stop-commands")
    tokens = ["abc", "def"]
    monkeypatch.setattr("secrets.token_hex", lambda _: tokens.pop(0))

    runner.text("::END-ABC::")

    assert first != second
    assert min(len(first), len(second)) > 30
    assert "::stop-commands::end-def\n" in out.getvalue()


def test_a_block_is_printed_in_one_write_and_a_group_too() -> None:
    writes: list[str] = []

    class Pipe(io.StringIO):
        def write(self, text: str) -> int:
            writes.append(text)
            return len(text)

    runner = Runner(GITHUB, Pipe())

    runner.text("one\ntwo")
    runner.group("title", ["one", "two"])

    assert [text.count("\n") for text in writes] == [4, 4]


def test_by_hand_a_block_is_printed_alone() -> None:
    runner, out = by_hand()

    runner.text("one\n::error::two\n")

    assert out.getvalue() == "one\n: :error::two\n"


@pytest.mark.parametrize("level", ["notice", "warning", "error"])
@given(message=FOREIGN, title=FOREIGN, path=FOREIGN)
def test_annotation_comes_back_as_one_command(
    level: str, message: str, title: str, path: str
) -> None:
    runner, out = on_github()
    annotation = Annotation(
        level="error", message=message, title=title, path=path, line=3, end_line=5
    )

    getattr(runner, level)(annotation)

    ((name, properties, _data),) = commands(out.getvalue())
    assert out.getvalue().count("\n") == 1
    assert name == level
    assert set(properties) <= {"title", "file", "line", "endLine"}
    if path:
        assert (properties["line"], properties["endLine"]) == ("3", "5")


def test_annotation_keeps_its_lines_and_its_own_level() -> None:
    runner, out = on_github()

    runner.annotate(
        Annotation(
            level="warning", title="T: a, b", message="100 %\nsecond", path="a,b:c.py", line=7
        )
    )

    assert commands(out.getvalue()) == [
        (
            "warning",
            {"title": "T: a, b", "file": "a,b:c.py", "line": "7", "endLine": "7"},
            "100 %\nsecond",
        )
    ]


@given(message=FOREIGN)
def test_no_line_of_an_annotation_folds_the_log(message: str) -> None:
    runner, out = on_github()

    runner.error(f"{message}\r\n##[group]{message}\n  ::endgroup::\n##[endgroup]")

    log = heard(out.getvalue()).log
    assert len(log) == message.replace("\r\n", "\n").count("\n") * 2 + 4
    assert unfolded(log) == log
    assert "##[" not in "\n".join(log).removeprefix("##[error]")


def test_annotation_without_a_place_has_no_properties() -> None:
    runner, out = on_github()

    runner.notice("read this")

    assert out.getvalue() == "::notice::read this\n"


def test_annotation_is_shorter_than_the_runner_cuts() -> None:
    runner, out = on_github()

    runner.error(Annotation(level="error", message="x" * 9_000, title="t" * 900))

    ((_, properties, data),) = commands(out.getvalue())
    assert len(data) == 4_000
    assert data.endswith("…")
    assert len(properties["title"]) == 200


def test_by_hand_annotations_are_plain_lines() -> None:
    runner, out = by_hand()

    runner.warning(
        Annotation(level="warning", title="T", message="one\n::error::two", path="a.py", line=3)
    )

    assert out.getvalue() == "warning: a.py:3: T: one\n: :error::two\n"


def test_secret_is_masked_line_by_line() -> None:
    runner, out = on_github()

    runner.mask("-----BEGIN 100%\n  second line \r\n}\nsecond line\n")

    assert commands(out.getvalue()) == [
        ("add-mask", {}, "-----BEGIN 100%"),
        ("add-mask", {}, "second line"),
    ]
    assert heard(out.getvalue()).masked("a}b second line") == "a}b ***"


def test_a_secret_is_printed_once_however_often_it_is_masked() -> None:
    runner, out = on_github()

    for _ in range(3):
        runner.mask("a secret value")

    assert out.getvalue() == "::add-mask::a secret value\n"


@pytest.mark.parametrize(
    "secret", ["", " ", "a", "test", "testing", "\n\n\n\n", " " * 40, "a\nb\nc", "bad\udcffbytes"]
)
def test_values_that_would_garble_the_log_are_not_masked(secret: str) -> None:
    runner, out = on_github()

    runner.mask(secret)

    assert out.getvalue() == ""


def test_by_hand_a_secret_is_never_printed() -> None:
    runner, out = by_hand()

    runner.mask("a secret value")

    assert out.getvalue() == ""


def test_group_folds_its_lines_under_its_title() -> None:
    runner, out = on_github()

    runner.group("Sign 50%\n::error::x", ["inside", "::endgroup::"])
    runner.line("outside")

    console = heard(out.getvalue())
    assert console.log == [
        r"##[group]Sign 50%\n::error::x",
        "inside",
        ": :endgroup::",
        "##[endgroup]",
        "outside",
    ]
    assert console.annotations == []


@given(title=FOREIGN, line=FOREIGN)
def test_no_title_and_no_line_ends_a_group(title: str, line: str) -> None:
    runner, out = on_github()

    runner.group(title, [line, line])

    console = heard(out.getvalue())
    assert [name for name, _, _ in console.commands] == ["group", "endgroup"]
    assert len(unfolded(console.log)) == 1
    assert "##[" not in console.log[0].removeprefix("##[group]")


def test_by_hand_a_group_is_a_heading() -> None:
    runner, out = by_hand()

    runner.group("Sign", ["inside"])

    assert out.getvalue() == "Sign\n    inside\n"


@given(value=FOREIGN)
def test_outputs_come_back_one_by_one(value: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("outputs") / "out"
    runner, out = on_github(GITHUB_OUTPUT=str(path))

    runner.set_outputs({"outcome": "deployed", "function-name": value, "version": "42"})

    found = read_pairs(path.read_text(encoding="utf-8"))
    assert list(found) == ["outcome", "function-name", "version"]
    assert (found["outcome"], found["version"]) == ("deployed", "42")
    assert out.getvalue() == ""


def test_outputs_are_added_to_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("earlier=1\n")
    runner, _ = on_github(GITHUB_OUTPUT=str(path))

    runner.set_outputs({"a": "1"})
    runner.set_outputs({"b": "2"})

    content = path.read_text()
    assert content.startswith("earlier=1\n")
    assert read_pairs(content.removeprefix("earlier=1\n")) == {"a": "1", "b": "2"}


def test_files_that_were_opened_before_are_not_opened_again(
    tmp_path: Path,
) -> None:
    out, summary = tmp_path / "out", tmp_path / "summary"
    out.write_text("earlier=1\n")
    runner, _ = on_github(GITHUB_OUTPUT=str(out), GITHUB_STEP_SUMMARY=str(summary))
    runner.hold_files()
    for path in (out, summary):
        path.rename(tmp_path / f"{path.name}-opened")
        path.touch()

    runner.set_outputs({"a": "1"})
    runner.set_outputs({"b": "2"})
    runner.summary("# It is told\n")

    written = (tmp_path / "out-opened").read_text()
    assert read_pairs(written.removeprefix("earlier=1\n")) == {"a": "1", "b": "2"}
    assert (tmp_path / "summary-opened").read_text() == "# It is told\n"


def test_files_that_cannot_be_opened_before_are_told_when_they_are_written(tmp_path: Path) -> None:
    runner, _ = on_github(GITHUB_OUTPUT=str(tmp_path))
    runner.hold_files()

    with pytest.raises(OSError, match="directory"):
        runner.set_outputs({"a": "1"})


def test_each_output_has_a_token_of_its_own(tmp_path: Path) -> None:
    runner, _ = on_github(GITHUB_OUTPUT=str(tmp_path / "out"))

    runner.set_outputs({"a": "1", "b": "2"})

    tokens = re.findall("<<(.*)", (tmp_path / "out").read_text())
    assert len(set(tokens)) == 2
    assert all(len(token) > 30 for token in tokens)


def test_output_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    runner, _ = on_github(GITHUB_OUTPUT=str(tmp_path))

    with pytest.raises(OSError, match="directory"):
        runner.set_outputs({"a": "1"})


def test_by_hand_outputs_are_printed() -> None:
    runner, out = by_hand()

    runner.set_outputs({"outcome": "deployed", "name": "::error::x"})

    assert out.getvalue() == "outcome=deployed\nname=::error::x\n"


def test_summary_is_added_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_text("before\n")
    runner, out = on_github(GITHUB_STEP_SUMMARY=str(path))

    runner.summary("### ✅ live\n")

    assert path.read_text(encoding="utf-8") == "before\n### ✅ live\n"
    assert out.getvalue() == ""


def test_summary_without_a_file_is_nothing() -> None:
    runner, out = by_hand()

    runner.summary("### x\n")

    assert out.getvalue() == ""


def test_summary_that_the_runner_would_drop_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    runner, _ = on_github(GITHUB_STEP_SUMMARY=str(path))

    runner.summary("x" * MAX_SUMMARY_BYTES)
    with pytest.raises(ValueError, match="1048576 bytes"):
        runner.summary("é" * (MAX_SUMMARY_BYTES // 2 + 1))

    assert path.stat().st_size == MAX_SUMMARY_BYTES


def test_event_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text('{"number": 7}')
    runner, _ = on_github(GITHUB_EVENT_PATH=str(path))

    first = runner.event()
    path.unlink()

    assert first == Event(name="push", payload={"number": 7})
    assert runner.event() is first


@pytest.mark.parametrize(
    ("write", "why"),
    [
        (lambda p: None, "cannot be read: No such file"),
        (lambda p: p.mkdir(), "cannot be read: Is a directory"),
        (lambda p: p.write_text(""), "is not JSON"),
        (lambda p: p.write_text("{"), "is not JSON"),
        (lambda p: p.write_bytes(b"\xff\xfe\x00"), "is not JSON"),
        (lambda p: p.write_text("[" * 200_000), "is not JSON"),
        (lambda p: p.write_text("[1]"), "holds no JSON object"),
        (lambda p: p.write_text("null"), "holds no JSON object"),
    ],
    ids=["missing", "folder", "empty", "cut", "binary", "deep", "list", "null"],
)
def test_event_that_cannot_be_used_says_why(
    tmp_path: Path, write: Callable[[Path], object], why: str
) -> None:
    path = tmp_path / "event.json"
    write(path)
    runner, _ = on_github(GITHUB_EVENT_PATH=str(path))

    event = runner.event()

    assert event.payload == {}
    assert why in event.unreadable


def test_event_of_50_mb_is_not_read_into_memory_as_json(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    runner, _ = on_github(GITHUB_EVENT_PATH=str(path))

    event = runner.event()

    assert event == Event(
        name="push", unreadable=f"the event file is larger than {MAX_EVENT_BYTES} bytes"
    )


def test_event_path_that_is_not_set_says_so() -> None:
    runner, _ = by_hand()

    assert runner.event() == Event(name="", unreadable="GITHUB_EVENT_PATH is not set")


def test_run_is_told_by_the_environment() -> None:
    runner, _ = on_github()

    assert runner.run() == Run(
        repository="acme/orders",
        server_url="https://github.com",
        run_id=17204991112,
        attempt=2,
        commit="a" * 40,
        event="push",
        actor="dev-ben",
        workflow="deploy",
    )


def test_by_hand_there_is_no_run() -> None:
    runner, _ = by_hand()

    assert runner.run() == Run()


def test_actor_is_the_one_who_started_it_when_nobody_triggered_it_again() -> None:
    runner, _ = on_github(GITHUB_TRIGGERING_ACTOR="")

    assert runner.run().actor == "dev-anna"


def test_commit_of_a_pull_request_is_its_head_not_the_test_merge(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"pull_request": {"head": {"sha": "b" * 40}}}))
    runner, _ = on_github(GITHUB_EVENT_PATH=str(path), GITHUB_EVENT_NAME="pull_request")

    assert runner.run().commit == "b" * 40


@pytest.mark.parametrize(
    "payload",
    [
        {"pull_request": 1},
        {"pull_request": {"head": None}},
        {"pull_request": {"head": {"sha": "x"}}},
    ],
)
def test_commit_of_a_broken_event_is_githubs(tmp_path: Path, payload: object) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(payload))
    runner, _ = on_github(GITHUB_EVENT_PATH=str(path))

    assert runner.run().commit == "a" * 40


@pytest.mark.parametrize("number", ["", "-1", "1.5", "x", "9" * 30, "\u0661"])
def test_number_that_is_none_is_zero(number: str) -> None:
    runner, _ = on_github(GITHUB_RUN_ID=number, GITHUB_RUN_ATTEMPT=number)

    assert (runner.run().run_id, runner.run().attempt) == (0, 0)
