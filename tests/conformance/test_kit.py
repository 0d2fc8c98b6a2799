"""The conformance kit: our action holds, a careless tool does not, and the kit tells which.

All cases run with `python -m conformance`; here, one in seven, by our program as its own process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

from conformance.case import all_cases, read_case
from conformance.judge import judge
from conformance.tools import Ended, Ours
from conformance.world import zipped

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.case import Case
    from conformance.world import World

CASES = all_cases()
BY_NAME = {case.name: case for case in CASES}


class Careless:
    """Updates, publishes and moves the alias, and asks nothing: what a first script does."""

    name = "careless"
    offers = frozenset({"alias"})

    def run(self, case: Case, world: World, workspace: Path, source: str) -> Ended:
        """See `Tool`."""
        client = boto3.Session("a", "b", region_name="eu-west-1").client(
            "lambda", endpoint_url=world.url
        )
        name = world.estate.function
        files = {p.name: p.read_bytes() for p in (workspace / source).iterdir() if p.is_file()}
        try:
            client.update_function_code(FunctionName=name, ZipFile=zipped(files))
            client.get_waiter("function_updated_v2").wait(
                FunctionName=name, WaiterConfig={"Delay": 0.1}
            )
            version = client.publish_version(FunctionName=name)["Version"]
            client.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
        except ClientError as error:
            return Ended(1, str(error), "")
        return Ended(0, "deployed", "")


def test_the_kit_is_as_large_as_promised_and_mostly_asks_to_refuse() -> None:
    refused = [case for case in CASES if case.must == "refuse"]

    assert len(CASES) >= 70
    assert len(refused) >= 49
    assert [case.name for case in CASES if not case.why.endswith(".")] == []


@pytest.mark.parametrize("case", CASES[::7], ids=lambda case: case.name)
def test_our_action_holds_in_the_kit(case: Case) -> None:
    verdict = judge(case, Ours())

    assert (verdict.outcome, verdict.broken) == ("holds", ()), verdict.log


def test_a_careless_tool_passes_the_usual_case() -> None:
    verdict = judge(BY_NAME["deploy"], Careless())

    assert verdict.outcome == "holds", verdict


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("code-edited-before-publish", "it did not fail"),
        ("timeout-edited-before-publish", "it did not fail"),
        ("alias-moved-meanwhile", "callers get version 3"),
        ("alias-weighted-before", "callers get version 3"),
        ("source-secrets", "callers get .env"),
        ("handler-missing", "it wrote: "),
        ("once-publishversion-expired", "it failed with exit code 1"),
    ],
)
def test_what_a_careless_tool_does_is_seen(name: str, words: str, tmp_path: Path) -> None:
    case = BY_NAME.get(name)
    if case is None:
        (tmp_path / "case.yaml").write_text(
            "why: credentials that expire, and a run that must end well all the same\n"
            "must: release\nfaults: [{at: PublishVersion, kind: expired_token}]\n"
        )
        case = read_case(tmp_path)

    verdict = judge(case, Careless())

    assert verdict.outcome == "broken"
    assert any(words in broken for broken in verdict.broken), verdict.broken


def test_what_a_tool_does_not_offer_is_not_judged() -> None:
    assert judge(BY_NAME["rollback"], Careless()).outcome == "not offered"


def test_what_turns_on_a_call_that_is_not_made_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(
        "why: an act before a call that no tool makes\nmust: refuse\n"
        "during: [{before: DeleteAlias, act: delete_alias}]\n"
    )

    assert judge(read_case(tmp_path), Careless()).outcome == "not reached"


@pytest.mark.parametrize("line", ["mist: refuse", "must: shrug", "needs: [magic]"])
def test_a_case_with_a_word_that_is_not_known_is_an_error(tmp_path: Path, line: str) -> None:
    (tmp_path / "case.yaml").write_text(f"why: a slip\nmust: refuse\n{line}\n")

    with pytest.raises(ValueError, match="is not known"):
        read_case(tmp_path)
