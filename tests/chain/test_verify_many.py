"""`verify` of many aliases: each is reported, none hides another, nobody else is throttled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from signed_lambda.commands import verify
from signed_lambda.commands.verify import CALLS_PER_S, SIDE_BY_SIDE
from signed_lambda.errors import AccessError, Cancelled
from signed_lambda.signals import StopFlag
from tests.support.lying import Lie, lying

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.action import Ended, Team

NAMES = ("orders", "pay", "ship", "mail", "stock")


@pytest.fixture
def shop(team: Team) -> Team:
    """Five functions, each released."""
    for name in NAMES[1:]:
        team.another_function(name)
    for name in NAMES:
        team.deployed(function_name=name)
    return team


def verdicts(ended: Ended) -> dict[str, str]:
    """Of each alias, by its name."""
    return {f"{c['function_name']}:{c['alias']}": c["verdict"] for c in ended.report["checks"]}


def denied_of(*names: str) -> Callable[..., Any]:
    """The role may not see the configuration of these functions."""

    def read(real: Lie, name: str, *qualifier: str) -> Any:  # noqa: ANN401 - the port's answer
        if name in names:
            raise AccessError.of("E-ACCESS-01", f"not allowed on {name}", "Allow it")
        return real(name, *qualifier)

    return lying(function=read)


def test_all_are_verified_and_each_has_a_line(shop: Team) -> None:
    ended = shop.run("verify", function_name="\n".join(("# the shop", *NAMES)))

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "verified"), ended.log
    assert verdicts(ended) == {f"{name}:live": "verified" for name in NAMES}
    assert all(f"`{name}:live`" in ended.summary for name in NAMES)
    assert "5 aliases" in ended.summary
    assert ended.outputs["report"] == ".signed-lambda/verify-aliases.json"


def test_an_alias_can_be_named_with_its_function_and_is_looked_at_once(shop: Team) -> None:
    shop.deployed(function_name="pay", alias="blue")

    ended = shop.run("verify", function_name="pay:blue\npay\npay:blue\norders:live", alias="live")

    assert list(verdicts(ended)) == ["pay:blue", "pay:live", "orders:live"]


def test_one_alias_named_with_its_function_is_a_run_of_its_own(shop: Team) -> None:
    shop.deployed(function_name="pay", alias="blue")

    ended = shop.run("verify", function_name="pay:blue")

    assert (ended.report["function_name"], ended.report["alias"]) == ("pay", "blue")
    assert verdicts(ended) == {"pay:blue": "verified"}


def test_what_drifted_what_is_denied_and_what_holds_are_each_told(shop: Team) -> None:
    client = shop.client("lambda")
    client.update_alias(FunctionName="pay", Name="live", Description="")
    client.update_alias(FunctionName="stock", Name="live", Description="")
    shop.wrap = denied_of("ship")

    ended = shop.run("verify", function_name="\n".join(NAMES))

    assert (ended.exit_code, ended.outputs["outcome"]) == (35, "drifted"), ended.log
    assert verdicts(ended) == {
        "orders:live": "verified",
        "pay:live": "drifted",
        "ship:live": "unverified",
        "mail:live": "verified",
        "stock:live": "drifted",
    }
    assert ended.error_ids == [
        *("E-DRIFT-01", "E-DRIFT-02", "E-DRIFT-02"),
        *("E-VERIFY-01", "E-ACCESS-01"),
    ]
    assert "2 of 5 aliases are not as they were released: pay:live, stock:live" in ended.log


def test_what_may_not_be_looked_at_is_not_verified(shop: Team) -> None:
    shop.wrap = denied_of("ship", "mail")

    ended = shop.run("verify", function_name="\n".join(NAMES))

    assert (ended.exit_code, ended.outputs["outcome"]) == (38, "failed"), ended.log
    assert ended.error_ids == ["E-VERIFY-01", "E-ACCESS-01", "E-ACCESS-01"]
    assert list(verdicts(ended).values()).count("verified") == 3


def test_a_function_that_is_gone_hides_no_other(shop: Team) -> None:
    ended = shop.run("verify", function_name="gone\norders\npay:gone")

    assert ended.exit_code == 35
    assert list(verdicts(ended).values()) == ["unverified", "verified", "drifted"]
    assert ended.error_ids == ["E-DRIFT-01", "E-ALIAS-04", "E-VERIFY-01", "E-FUNCTION-01"]


def test_two_hundred_take_no_more_than_their_share_of_lambdas_rate(shop: Team) -> None:
    lines = "\n".join(f"{NAMES[n % 5]}:live-{n}" for n in range(200))
    began = shop.sandbox.clock.monotonic()

    ended = shop.run("verify", function_name=lines, timeout_minutes="60")

    took_s = shop.sandbox.clock.monotonic() - began
    assert len(ended.report["checks"]) == 200
    assert len(ended.calls) <= took_s * CALLS_PER_S * 1.05
    assert set(verdicts(ended).values()) == {"drifted"}


def test_a_throttled_call_of_one_is_ridden_out(shop: Team) -> None:
    shop.sandbox.faults.add("GetAlias", "throttle", times=SIDE_BY_SIDE)

    ended = shop.run("verify", function_name="\n".join(NAMES))

    assert ended.exit_code == 0, ended.log


def test_when_the_time_is_over_what_was_verified_stands(
    shop: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One after the other: the pauses of several would add up on the sandbox's clock.
    monkeypatch.setattr(verify, "SIDE_BY_SIDE", 1)
    lines = "\n".join(f"{NAMES[n % 5]}" if n < 5 else f"pay:none-{n}" for n in range(300))

    ended = shop.run("verify", function_name=lines, timeout_minutes="1")

    found = list(verdicts(ended).values())
    assert ended.exit_code == 35
    assert len(found) == 300
    assert found[:5] == ["verified"] * 5
    assert "E-TIME-01" in ended.error_ids


def test_a_cancelled_verify_asks_no_more(shop: Team) -> None:
    asked: list[str] = []
    shop.stop = stop = StopFlag()

    def ask(real: Lie, name: str, *qualifier: str) -> Any:  # noqa: ANN401 - the port's answer
        asked.append(name)
        if len(asked) > 2:
            stop.set("SIGTERM")
        return real(name, *qualifier)

    shop.wrap = lying(function=ask)

    ended = shop.run("verify", function_name="\n".join(f"orders:a{n}" for n in range(100)))

    assert (ended.exit_code, ended.error_ids) == (Cancelled.exit_code, ["E-CANCEL-01"])
    assert len(asked) <= 2 + SIDE_BY_SIDE
