"""`.signed-lambda.yml`: allowances for code that takes no comment, strictly read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_sandbox.core import VirtualClock
from signed_lambda.errors import ScanError
from signed_lambda.report.model import Finding
from signed_lambda.scan import all_rules, allowed_in, review
from signed_lambda.scan.allowances import CONFIG, applied, read_config
from signed_lambda.scan.allowances_file import MAX_ENTRIES
from tests.unit.package.trees import Place

if TYPE_CHECKING:
    from pathlib import Path

    from signed_lambda.scan import Review
    from tests.support.action import Team

CODE = b"def handler(event, context):\n    c.invoke(FunctionName=context.function_name)\n"
ENTRY = "allow:\n  - rule: REC-SELF-CTX\n    path: {path}\n    reason: counted, see ADR 7\n"
RULES = [rule.ID for rule in all_rules()]


def finding(path: str = "src/app.py", function: str = "handler") -> Finding:
    """A finding of the rule that the entries here allow."""
    return Finding(
        rule="REC-SELF-CTX",
        severity="high",
        certainty="certain",
        path=path,
        line=2,
        end_line=2,
        function=function,
        message="",
        cycle=(),
        evidence=(),
        guard=None,
        aws_stops=None,
        fix="",
    )


def allowed_by(folder: Path, text: str, found: Finding, root: str | None = None) -> str | None:
    """The reason that the file gives for the finding."""
    (folder / CONFIG).write_text(text)
    [settled], _ = applied([found], read_config(folder, RULES), root)
    return settled.allowed


def faults(folder: Path, text: str | bytes) -> list[str]:
    """What is said of a file that is not of its form."""
    (folder / CONFIG).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ScanError) as caught:
        read_config(folder, RULES)
    assert {p.id for p in caught.value.problems} == {"E-SCAN-03"}
    return [p.what for p in caught.value.problems]


def reviewed(folder: Path, config: str, files: dict[str, bytes]) -> Review:
    """The review of a package beside which the file lies."""
    place = Place.beneath(folder)
    place.fill(files)
    (place.workspace / CONFIG).write_text(config)
    return review(
        place.pack(), "orders", VirtualClock(), root="dist", entries=allowed_in(place.workspace)
    )


def test_without_the_file_nothing_is_allowed(tmp_path: Path) -> None:
    assert read_config(tmp_path, RULES) == ()


@pytest.mark.parametrize(
    ("pattern", "root"),
    [
        ("src/app.py", None),
        ("app.py", None),
        ("src/", None),
        ("'**/app.py'", None),
        ("functions/orders/src/app.py", "functions/orders"),
        ("functions/*/src/", "functions/orders"),
    ],
)
def test_a_path_is_of_the_repository_or_of_the_package(
    tmp_path: Path, pattern: str, root: str | None
) -> None:
    text = ENTRY.format(path=pattern)

    assert allowed_by(tmp_path, text, finding(), root) == "counted, see ADR 7"


@pytest.mark.parametrize("pattern", ["/app.py", "src/app", "lib/", "src/app.pyc", "app.py/"])
def test_another_path_allows_nothing(tmp_path: Path, pattern: str) -> None:
    assert allowed_by(tmp_path, ENTRY.format(path=pattern), finding()) is None


def test_a_function_narrows_the_entry(tmp_path: Path) -> None:
    text = ENTRY.format(path="app.py") + "    function: handler\n"

    assert allowed_by(tmp_path, text, finding()) == "counted, see ADR 7"
    assert allowed_by(tmp_path, text, finding(function="other")) is None


def test_another_rule_is_not_allowed(tmp_path: Path) -> None:
    text = ENTRY.format(path="app.py").replace("REC-SELF-CTX", "REC-S3")

    assert allowed_by(tmp_path, text, finding()) is None


def test_what_is_allowed_stays_visible_with_reason_and_place(tmp_path: Path) -> None:
    done = reviewed(tmp_path, ENTRY.format(path="dist/app.py"), {"app.py": CODE})

    [found] = done.findings
    assert (found.allowed, found.allowed_at) == ("counted, see ADR 7", f"{CONFIG}:2")
    assert done.unused == ()


def test_an_entry_of_a_reviewed_file_that_allows_nothing_is_told(tmp_path: Path) -> None:
    done = reviewed(tmp_path, ENTRY.format(path="dist/"), {"app.py": b"x = 1\n"})

    assert [a.place for a in done.unused] == [f"{CONFIG}:2"]


def test_an_entry_of_another_functions_files_is_not_told_here(tmp_path: Path) -> None:
    done = reviewed(tmp_path, ENTRY.format(path="other/"), {"app.py": b"x = 1\n"})

    assert done.unused == ()


@pytest.mark.parametrize("command", ["scan", "plan", "deploy"])
def test_an_allowed_finding_does_not_block(team: Team, command: str) -> None:
    team.write_source({"app.py": CODE.decode()})
    refused = team.run(command, source="function")
    (team.workspace / CONFIG).write_text(ENTRY.format(path="function/app.py"))

    passed = team.run(command, source="function")

    assert refused.error_ids == ["E-SCAN-01"]
    assert passed.exit_code == 0
    assert [f["allowed_at"] for f in passed.report["findings"]] == [f"{CONFIG}:2"]


def test_a_file_inside_the_package_allows_nothing_and_is_not_packed(team: Team) -> None:
    config = ENTRY.format(path="app.py")
    team.write_source({"app.py": CODE.decode(), CONFIG: config})

    ended = team.run("scan", source="function")

    assert ended.error_ids == ["E-SCAN-01"]
    assert {"name": CONFIG, "reason": "control-file"} in ended.report["package"]["left_out"]


def test_a_broken_file_is_told_before_anything_is_written(team: Team) -> None:
    (team.workspace / CONFIG).write_text("allow: all\n")

    ended = team.run("deploy", source="function")

    assert (ended.exit_code, ended.error_ids, ended.writes) == (27, ["E-SCAN-03"], [])


def test_all_faults_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    told = faults(
        tmp_path,
        "allow:\n"
        "  - rule: REC-SELF-CTZ\n"
        "    path: a.py\n"
        "    reason: because\n"
        "  - rule: REC-S3\n"
        "    path: '!a.py'\n"
        "    reason: ''\n"
        "    reson: because\n"
        "  - path: a[.py\n"
        "    path: b.py\n"
        "    reason: [a, b]\n"
        "  - just a text\n"
        "denied: []\n",
    )

    assert [what.partition(": ")[0].removeprefix(f"{CONFIG}:") for what in told] == [
        *("10", "13", "2", "8", "7", "6", "11", "9", "9", "12"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("allow:\n", "not a list"),
        ("[a]\n", "not a list"),
        ("allow: []\n---\nallow: []\n", "a second document"),
        ("allow: !!python/object/apply:os.system [x]\n", "a Python object"),
        ("allow: !include other.yml\n", "a tag"),
        ("allow:\n  - rule: REC-S3\n    path: a.py\n", "no reason"),
        ("allow:\n  - rule: REC-S3\n    path: a.py\n    reason: ' '\n", "reason"),
        ("allow:\n  - path: a.py\n    reason: because\n", "no rule"),
        ("allow:\n  - rule: REC-S3\n    reason: because\n", "no path"),
        ("allow:\n  - rule: REC-S3\n    path: '#a'\n    reason: b\n", "matches no file"),
        ("allow: [" * 200, "nested"),
        (b"allow: \xff", "not utf-8"),
        (b"#" * (1024 * 1024 + 1), "more than"),
        ("allow:\n" + "  - {}\n" * (MAX_ENTRIES + 1), "at most"),
    ],
)
def test_what_is_not_of_the_form_is_refused(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in faults(tmp_path, text)[0]


@given(text=st.text("allow:\n- rulepathreason#&*!{}[]'\"\\\t", max_size=80))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / CONFIG).write_text(text)

    try:
        read = read_config(folder, RULES)
    except ScanError:
        return

    assert read == ()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.yml").write_text(ENTRY.format(path="app.py"))
    (tmp_path / CONFIG).symlink_to("real.yml")

    with pytest.raises(ScanError, match="E-SCAN-03"):
        read_config(tmp_path, RULES)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / CONFIG)

    with pytest.raises(ScanError, match="E-SCAN-03"):
        read_config(tmp_path, RULES)


def test_the_other_spelling_is_told(tmp_path: Path) -> None:
    (tmp_path / ".signed-lambda.yaml").write_text(ENTRY.format(path="app.py"))

    with pytest.raises(ScanError, match=r"Call it \.signed-lambda\.yml"):
        read_config(tmp_path, RULES)
