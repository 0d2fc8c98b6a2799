"""Other reviewers' SARIF: counted and shortened, whatever is in it; a broken file is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signed_lambda.errors import ScanError
from signed_lambda.report.model import OtherReview
from signed_lambda.scan.sarif_files import (
    MAX_BYTES,
    MAX_FILES,
    MAX_KEPT,
    MAX_TOOLS,
    OtherReviews,
    read_sarif_files,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.action import Team

CODEQL = {
    "tool": {
        "driver": {"name": "CodeQL"},
        "extensions": [
            {
                "name": "codeql/python-queries",
                "rules": [{"id": "py/x", "defaultConfiguration": {"level": "error"}}],
            }
        ],
    },
    "results": [
        {
            "ruleId": "py/x",
            "rule": {"id": "py/x", "index": 0, "toolComponent": {"index": 0}},
            "message": {"text": "Depends on a [user-provided value](1).\nSee [here](2)."},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "src/a%20b.py", "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": 12},
                    }
                }
            ],
        }
    ],
}
"""As CodeQL writes it: rules in an extension, no level at the result, links inside the message."""


def run(*results: dict[str, Any], name: str = "Tool", **more: object) -> dict[str, Any]:
    """A run of a tool with a rule of each level."""
    rules = [
        {"id": level, "defaultConfiguration": {"level": level}}
        for level in ("error", "warning", "note", "none")
    ]
    driver = {"name": name, "rules": rules}
    return {"tool": {"driver": driver}, "results": list(results), **more}


def written(folder: Path, *runs: object, name: str = "a.sarif") -> None:
    """Writes a file of these runs."""
    (folder / name).write_text(json.dumps({"version": "2.1.0", "runs": list(runs)}))


def read(folder: Path, *wanted: str) -> OtherReviews:
    return read_sarif_files(folder.resolve(), wanted or ("a.sarif",))


def only(folder: Path, *runs: object) -> OtherReview:
    """The one tool of a file that is read whole."""
    written(folder, *runs)
    done = read(folder)
    assert done.unread == ()
    [tool] = done.tools
    return tool


def test_codeqls_own_form_is_understood(tmp_path: Path) -> None:
    tool = only(tmp_path, CODEQL)

    assert (tool.tool, tool.errors, tool.warnings, tool.notes) == ("CodeQL", 1, 0, 0)
    [found] = tool.findings
    assert (found.rule, found.path, found.line) == ("py/x", "src/a b.py", 12)
    assert found.message == "Depends on a user-provided value. See here."


def test_levels_are_the_results_own_or_the_rules_or_warning(tmp_path: Path) -> None:
    tool = only(
        tmp_path,
        run(
            {"level": "note"},
            {"ruleIndex": 0},
            {"ruleIndex": 0, "level": "warning"},
            {},
            {"ruleIndex": 3},
            {"level": "none"},
            {"ruleIndex": 99, "level": 7},
        ),
    )

    assert (tool.errors, tool.warnings, tool.notes) == (1, 3, 1)


def test_the_worst_come_first(tmp_path: Path) -> None:
    levels = ["note", "error", "warning", "error"]

    tool = only(tmp_path, run(*({"level": level} for level in levels)))

    assert [f.level for f in tool.findings] == ["error", "error", "warning", "note"]


def test_all_are_counted_and_the_worst_are_kept(tmp_path: Path) -> None:
    many = [{"level": "note"}] * 500 + [{"level": "error", "ruleId": "bad"}]

    tool = only(tmp_path, run(*many))

    assert (tool.errors, tool.notes, len(tool.findings)) == (1, 500, MAX_KEPT)
    assert tool.findings[0].rule == "bad"


@pytest.mark.parametrize(
    "result",
    [{"kind": "pass"}, {"kind": "notApplicable"}, {"baselineState": "absent"}],
    ids=["passed", "not applicable", "gone"],
)
def test_what_is_no_fault_is_not_counted(tmp_path: Path, result: dict[str, str]) -> None:
    assert only(tmp_path, run(result)).total == 0


def test_suppressed_results_are_counted_apart(tmp_path: Path) -> None:
    tool = only(
        tmp_path,
        run(
            {"suppressions": [{"kind": "inSource"}]},
            {"suppressions": [{"kind": "external", "status": "rejected"}]},
            {"suppressions": []},
        ),
    )

    assert (tool.suppressed, tool.warnings) == (1, 2)


def test_one_tool_of_several_files_is_one(tmp_path: Path) -> None:
    written(tmp_path, run({}), name="a.sarif")
    written(tmp_path, run({}), run({}, name="Other"), name="b.sarif")

    done = read(tmp_path, "*.sarif")

    assert [(t.tool, t.warnings) for t in done.tools] == [("Tool", 2), ("Other", 1)]


def test_our_own_sarif_is_passed_over(tmp_path: Path) -> None:
    written(tmp_path, run({}, name="signed-lambda-deploy"))

    done = read(tmp_path)

    assert (done.tools, done.unread) == ((), ())


def test_a_message_of_the_rule_takes_its_arguments(tmp_path: Path) -> None:
    one = run({"ruleIndex": 0, "message": {"id": "default", "arguments": ["x", "y"]}})
    one["tool"]["driver"]["rules"][0]["messageStrings"] = {"default": {"text": "{1} in {0}, {9}"}}

    assert only(tmp_path, one).findings[0].message == "y in x, {9}"


@pytest.mark.parametrize(
    "uri", ["{root}/src/a.py", "file://{root}/src/a.py", "file:///build/src/a.py", "src/a.py"]
)
def test_a_path_is_shown_as_one_of_the_repository(tmp_path: Path, uri: str) -> None:
    place = {"artifactLocation": {"uri": uri.format(root=tmp_path.resolve())}}

    tool = only(
        tmp_path,
        run(
            {"locations": [{"physicalLocation": place}]},
            originalUriBaseIds={"ROOT": {"uri": "file:///build/"}},
        ),
    )

    assert (tool.findings[0].path, tool.findings[0].line) == ("src/a.py", 0)


# -- what cannot be read is said


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"{", "not JSON"),
        (b"[" * 1_000_000, "nested too deep"),
        (b'{"version":"2.1.0","runs":' + b"[" * 1_000_000, "nested too deep"),
        (b"9" * 5_000, "not JSON"),
        (b"[]", "not SARIF"),
        (b'{"version": "2.0.0", "runs": []}', "SARIF '2.0.0'"),
        (b" " * (MAX_BYTES + 1), "more than 10 MB"),
    ],
    ids=["empty", "bytes", "cut", "deep", "deep inside", "digits", "list", "old", "large"],
)
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, body: bytes, why: str) -> None:
    (tmp_path / "a.sarif").write_bytes(body)

    done = read(tmp_path)

    assert [u.path for u in done.unread] == ["a.sarif"]
    assert why in done.unread[0].why
    assert done.fact().status.value == "warning"


@pytest.mark.parametrize(
    ("one", "why"),
    [
        ({"tool": {"driver": {"name": "T"}}}, "gives no results"),
        (run(invocations=[{"executionSuccessful": False}]), "says that its run failed"),
    ],
)
def test_a_run_that_did_not_end_well_is_not_clean(
    tmp_path: Path, one: dict[str, Any], why: str
) -> None:
    written(tmp_path, one)

    assert why in read(tmp_path).unread[0].why


def test_a_file_of_very_many_tools_is_cut_and_said(tmp_path: Path) -> None:
    written(tmp_path, *(run(name=f"T{n}") for n in range(MAX_TOOLS + 2)))

    done = read(tmp_path)

    assert (len(done.tools), len(done.unread)) == (MAX_TOOLS, 2)


def test_very_many_files_are_cut_and_said(tmp_path: Path) -> None:
    for n in range(MAX_FILES + 1):
        written(tmp_path, run(), name=f"{n}.sarif")

    done = read(tmp_path, "*.sarif")

    assert (done.files, len(done.unread)) == (MAX_FILES, 1)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    written(tmp_path, run(), name="real.json")
    (tmp_path / "a.sarif").symlink_to("real.json")

    assert read(tmp_path).files == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("a{0}[](", max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("ruleId", "rule", "index", "level", "kind", "message", "text", "id"),
                    *("arguments", "locations", "physicalLocation", "artifactLocation", "uri"),
                    *("region", "startLine", "suppressions", "status", "toolComponent"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(results=st.lists(JSON, max_size=4), rules=JSON, bases=JSON)
def test_members_of_any_kind_are_taken(
    tmp_path_factory: pytest.TempPathFactory, results: list[object], rules: object, bases: object
) -> None:
    folder = tmp_path_factory.getbasetemp()
    driver = {"name": "T", "rules": [rules]}
    written(folder, {"tool": {"driver": driver}, "results": results, "originalUriBaseIds": bases})

    [tool] = read(folder).tools

    assert tool.total + tool.suppressed <= len(results)
    assert all(f.line >= 0 for f in tool.findings)


# -- which files


@pytest.mark.parametrize(
    "wanted", ["b.sarif", "reports/*.sarif", "../a.sarif", "/etc/passwd", "a["]
)
def test_a_line_that_names_no_file_of_the_workspace_is_an_error(
    tmp_path: Path, wanted: str
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    written(tmp_path, run())

    with pytest.raises(ScanError) as caught:
        read(inside, wanted, "other.sarif")

    assert [p.id for p in caught.value.problems] == ["E-SCAN-04"] * 2


def test_a_link_that_leads_out_is_outside(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    written(tmp_path, run())
    (inside / "out").symlink_to(tmp_path)

    with pytest.raises(ScanError, match="outside the workspace"):
        read(inside, "out/a.sarif")


def test_a_pattern_finds_files_in_folders_but_not_behind_links(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    written(tmp_path / "reports", run({}))
    (tmp_path / "reports" / "loop").symlink_to(tmp_path)

    done = read(tmp_path, "**/*.sarif")

    assert done.files == 1


# -- as a user sees it


def test_other_reviewers_are_told_and_block_nothing(team: Team) -> None:
    written(team.workspace, run(*[{"level": "error", "message": {"text": "@all bad"}}] * 3))

    ended = team.run("plan", source="function", **{"sarif-files": "a.sarif"})

    assert (ended.exit_code, ended.outputs["findings"]) == (0, "0")
    assert ended.report["other_reviews"][0]["errors"] == 3
    assert "**Other reviewers:** Tool 3 errors." in ended.summary
    assert "Findings (none; 3 of other reviewers)" in ended.summary
    assert "other-reviews" in [f["step"] for f in ended.report["facts"]]


def test_a_broken_file_is_a_warning_of_the_report(team: Team) -> None:
    (team.workspace / "a.sarif").write_text("{")

    ended = team.run("scan", source="function", **{"sarif-files": "a.sarif"})

    assert ended.exit_code == 0
    assert "a.sarif (sarif-files): not JSON" in ended.report["warnings"]


def test_a_missing_file_stops_a_deploy_before_it_writes(team: Team) -> None:
    ended = team.run("deploy", source="function", **{"sarif-files": "a.sarif"})

    assert (ended.error_ids, ended.writes) == (["E-SCAN-04"], [])
