"""The hidden first line: unique for region, function and alias, and impossible to break out of."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given

from signed_lambda.report.marker import Marker
from tests.support.gfm import look
from tests.support.hostile import FOREIGN
from tests.unit.report.cases import BUILD, CASES, report


@given(function=FOREIGN, alias=FOREIGN, region=FOREIGN)
def test_marker_comes_back_and_is_not_seen(function: str, alias: str, region: str) -> None:
    marker = Marker.of(report(function_name=function, alias=alias, region=region))

    assert "\n" not in marker.line
    assert len(marker.line) < 700
    assert Marker.parse(marker.line + "\r\n### text") == marker
    assert Marker.parse(marker.line) == marker
    assert look(marker.line + "\ntext").text.strip() == "text"
    assert look(marker.line + "\n").tags == []


def test_marker_tells_run_attempt_outcome_and_build() -> None:
    marker = Marker.of(CASES["deployed"])

    assert marker == Marker(
        key="eu-west-1/orders-thumbnailer/live",
        run_id=17204991112,
        attempt=1,
        outcome="deployed",
        level=0,
        build_sha256=BUILD.hex,
    )


@pytest.mark.parametrize(
    ("name", "level"), [("deployed", 0), ("planned", 0), ("unsigned", 1), ("refused", 2)]
)
def test_marker_tells_how_bad_the_verdict_is(name: str, level: int) -> None:
    assert Marker.of(CASES[name]).level == level
    assert Marker.parse(Marker.of(CASES[name]).line) == Marker.of(CASES[name])


@pytest.mark.parametrize(
    ("data", "level"), [({}, 2), ({"level": 0}, 0), ({"level": 9}, 2), ({"level": "x"}, 0)]
)
def test_marker_without_a_level_counts_as_the_worst(data: dict[str, object], level: int) -> None:
    """Nobody is written to again because of a comment whose verdict cannot be read."""
    payload = base64.b64encode(json.dumps(data).encode()).decode()
    marker = Marker.parse(f"<!-- signed-lambda-deploy:v1 key=a/b/c {payload} -->")

    assert marker is not None
    assert marker.level == level


@pytest.mark.parametrize(
    "change",
    [{"region": "eu-west-2"}, {"function_name": "x"}, {"alias": "y"}, {"alias": ""}],
    ids=str,
)
def test_other_region_function_or_alias_is_another_comment(change: dict[str, str]) -> None:
    assert Marker.of(report(**change)).key != Marker.of(report()).key


def test_parts_of_the_key_cannot_be_shifted() -> None:
    one = Marker.of(report(region="a/b", function_name="c", alias="d"))
    two = Marker.of(report(region="a", function_name="b/c", alias="d"))
    long = Marker.of(report(region="r", function_name="f" * 500, alias="a"))
    longer = Marker.of(report(region="r", function_name="f" * 499, alias="fa"))

    assert one.key != two.key
    assert long.key != longer.key


def line(payload: object, *, key: str = "r/f/a") -> str:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return f"<!-- signed-lambda-deploy:v1 key={key} {base64.b64encode(data).decode()} -->"


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff",
        b"[" * 5_000,
        [],
        "x",
        {},
        {"run_id": "9", "attempt": "1"},
        {"run_id": True},
        {"run_id": -1},
        {"run_id": 2**63},
        {"run_id": 1.5},
        {"run_id": None},
    ],
    ids=lambda p: str(p)[:20],
)
def test_payload_of_another_form_is_older_than_any_run(payload: object) -> None:
    text = line(payload)
    if len(text) > 2_100:
        assert Marker.parse(text) is None
        return
    marker = Marker.parse(text)

    assert marker is not None
    assert marker.order == (0, 0)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "text",
        " " + line({}),
        line({}) + " x",
        "x\n" + line({}),
        line({}).replace("v1", "v2"),
        line({}, key="a b"),
        line({}, key="x" * 301),
    ],
)
def test_what_is_not_our_first_line_is_no_marker(body: str) -> None:
    assert Marker.parse(body) is None
