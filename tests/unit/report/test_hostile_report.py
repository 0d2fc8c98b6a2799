"""A report that others wrote, member by member: nothing in it does anything, wherever it is shown.

The renderer, the runner's reading and the JSON schema are real or independent of the product.
"""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given

from signed_lambda.report import annotations as notes
from signed_lambda.report import findings, story
from signed_lambda.report.comment import render_comment
from signed_lambda.report.jsonreport import render_json
from signed_lambda.report.marker import Marker
from signed_lambda.report.outputs import outputs
from signed_lambda.report.summary import render_summary
from signed_lambda.report.text import render_text
from signed_lambda.runner import Runner
from tests.support.gfm import Seen, look
from tests.support.hostile import HOSTILE_REPORTS, REPORTS
from tests.support.runner_rules import commands, read_pairs
from tests.unit.report.cases import CASES

if TYPE_CHECKING:
    from signed_lambda.report.model import Report

OUR_ELEMENTS: Final = {
    "h3", "h4", "p", "strong", "code", "pre", "a", "table", "thead", "tbody", "tr", "th", "td",
    "ul", "li", "blockquote", "details", "summary", "b", "sub", "br", "span",
}  # fmt: skip
OUR_SECTIONS: Final = re.compile(
    r"(Findings|Steps|Package) \(.*\)|Hashes in full, and how to check them|Could be left out: .*"
    r"|What differs from the reviewed build( \([0-9,]+\))?"
    r"|(Code|Configuration): what changes against version .* \([0-9,]+( files?)?\)"
)


def our_links(report: Report) -> set[str]:
    """The only addresses that a document may lead to, without their lines."""
    undo = story.undo(report)
    run = report.run
    places = {
        story.file_url(run, findings.repository_path(report, f), 1, 1).partition("#")[0]
        for f in report.findings
    }
    places |= {
        page
        for r in report.releases
        for page in (
            story.commit_page(run, r.commit),
            story.run_page(run, r.run, r.attempt),
            story.pull_request_page(run, r.pull_request),
        )
    }
    return {story.run_url(run), story.commit_url(run), undo.url if undo else "", *places}


def nothing_happens(seen: Seen, report: Report) -> None:
    """No mention, foreign link, image or element; tables, folds and fences are whole."""
    assert set(seen.tags) <= OUR_ELEMENTS
    assert seen.linked == []
    assert {link.partition("#")[0] for link in seen.links} <= our_links(report)
    assert seen.unbalanced == []
    assert seen.tags.count("details") == len(seen.summaries)
    assert [s for s in seen.summaries if not OUR_SECTIONS.fullmatch(s)] == []
    assert len(set(seen.summaries)) == len(seen.summaries)
    assert [rows for rows in seen.tables if len(set(rows)) != 1] == []
    assert seen.tags.count("h3") == seen.tags.count("sub") == 1  # so no fence was left open
    assert seen.tags[0] == "h3"
    assert any("signed-lambda-deploy" in text for text in seen.outside[-9:])


@HOSTILE_REPORTS
@given(report=REPORTS)
def test_nothing_happens_in_the_comment(report: Report) -> None:
    body = render_comment(report)

    nothing_happens(look(body.partition("\n")[2]), report)
    assert look(body).text.strip() == look(body.partition("\n")[2]).text.strip()
    assert Marker.parse(body) == Marker.of(report)
    assert body.encode()  # a lone surrogate could not be


@HOSTILE_REPORTS
@given(report=REPORTS)
def test_nothing_happens_in_the_summary(report: Report) -> None:
    nothing_happens(look(render_summary(report)), report)


@HOSTILE_REPORTS
@given(report=REPORTS)
def test_the_log_holds_no_command(report: Report) -> None:
    out = io.StringIO()

    Runner({"GITHUB_ACTIONS": "true"}, out).text(render_text(report))

    assert [name for name, _, _ in commands(out.getvalue())] == ["stop-commands"]
    assert all(line.isprintable() for line in out.getvalue().split("\n"))


@HOSTILE_REPORTS
@given(report=REPORTS)
def test_annotations_are_the_only_commands(report: Report) -> None:
    out = io.StringIO()
    runner = Runner({"GITHUB_ACTIONS": "true"}, out)
    wanted = notes.annotations(report)

    for annotation in wanted:
        runner.annotate(annotation)

    found = commands(out.getvalue())
    assert [name for name, _, _ in found] == [a.level for a in wanted]
    assert out.getvalue().count("\n") == len(wanted)
    for (_, properties, _), annotation in zip(found, wanted, strict=True):
        assert set(properties) <= {"title", "file", "line", "endLine"}
        assert properties.get("line", "0") == str(annotation.line)


@HOSTILE_REPORTS
@given(report=REPORTS)
def test_outputs_are_ours_and_no_others(
    report: Report, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("outputs") / "out"
    given = outputs(report, comment_url="", report_path="", sarif_path="")

    Runner({"GITHUB_OUTPUT": str(path)}, io.StringIO()).set_outputs(given)

    assert list(read_pairs(path.read_text("utf-8"))) == list(given)


@HOSTILE_REPORTS
@given(report=REPORTS)
def test_json_gives_back_what_it_was_given(report: Report) -> None:
    text = render_json(report)
    found = json.loads(text)

    assert text.isascii()
    assert found["function_name"] == report.function_name
    assert [f["path"] for f in found["findings"]] == [f.path for f in report.findings]


@pytest.mark.parametrize(
    "broken",
    [
        "### x\n\n@octocat\n\n<sub>signed-lambda-deploy</sub>",
        "### x\n\n[a](https://evil.example)\n\n<sub>signed-lambda-deploy</sub>",
        "### x\n\n![a](https://evil.example/b.png)\n\n<sub>signed-lambda-deploy</sub>",
        "### x\n\n```\nopen\n\n<sub>signed-lambda-deploy</sub>",
        "### x\n\n<details><summary>Steps (1)</summary>\n\n<sub>signed-lambda-deploy</sub>",
        "### x\n\n</details>\n\n<sub>signed-lambda-deploy</sub>",
        "### x\n\n<details><summary>Mine</summary></details>\n\n<sub>signed-lambda-deploy</sub>",
        "### x\n\n<i>a</i>\n\n<sub>signed-lambda-deploy</sub>",
        "### x\n\n<!-- \n\n<sub>signed-lambda-deploy</sub>",
    ],
)
def test_each_of_these_would_be_seen(broken: str) -> None:
    with pytest.raises(AssertionError):
        nothing_happens(look(broken), CASES["deployed"])
