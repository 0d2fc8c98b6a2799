"""The records in Lambda's descriptions: they come back as they were written, and fit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signed_lambda.records import LIMIT, AliasRecord, VersionRecord, alias_seal, version_seal

NUMBERS = st.integers(min_value=0, max_value=10**18 - 1)
COMMITS = st.just("") | st.text("0123456789abcdef", min_size=40, max_size=40)
SEALS = st.text("0123456789abcdef", min_size=32, max_size=32)
BUILDS = st.text("0123456789abcdef", min_size=64, max_size=64)
COMMANDS = st.sampled_from(["deploy", "rollback", "promote"])
VERSIONS = st.just("") | st.integers(min_value=1, max_value=10**9).map(str)
REASONS = st.text(st.characters(codec="utf-8"), max_size=200)

VERSION = VersionRecord(build="ab" * 32, commit="cd" * 20, run=7, attempt=2, seal="ef" * 16)
ALIAS = AliasRecord(
    command="deploy", previous="4", run=7, attempt=2, commit="cd" * 20, seal="ef" * 16
)
ARN = "arn:aws:lambda:eu-west-1:111122223333:function:orders"


def units(text: str) -> int:
    """UTF-16 units, as Java and JavaScript count."""
    return len(text.encode("utf-16-le")) // 2


def test_what_a_version_says() -> None:
    start = f"signed-lambda/1 build={'ab' * 32} commit={'cd' * 20}"
    assert str(VERSION) == f"{start} run=7.2 for={'ef' * 16}"


def test_what_an_alias_says() -> None:
    start = f"signed-lambda/1 deploy previous=4 run=7.2 commit={'cd' * 20}"
    assert str(ALIAS) == f"{start} for={'ef' * 16}"
    created = replace(ALIAS, command="promote", previous="", run=0, attempt=0, commit="")
    start = f"signed-lambda/1 promote previous=- run=0.0 commit=- for={'ef' * 16}"
    assert str(replace(created, reason="it is green")) == f"{start} reason=it is green"


@given(build=BUILDS, commit=COMMITS, run=NUMBERS, attempt=NUMBERS, seal=SEALS)
def test_a_versions_record_comes_back(
    build: str, commit: str, run: int, attempt: int, seal: str
) -> None:
    record = VersionRecord(build=build, commit=commit, run=run, attempt=attempt, seal=seal)

    assert VersionRecord.parse(str(record)) == record
    assert units(str(record)) <= LIMIT


@given(
    command=COMMANDS, previous=VERSIONS, run=NUMBERS, attempt=NUMBERS, commit=COMMITS, why=REASONS
)
def test_an_alias_record_comes_back_and_only_its_reason_is_cut(
    command: str, previous: str, run: int, attempt: int, commit: str, why: str
) -> None:
    record = replace(
        ALIAS,
        command=command,
        previous=previous,
        run=run,
        attempt=attempt,
        commit=commit,
        reason=why,
    )

    text = str(record)
    found = AliasRecord.parse(text)

    assert units(text) <= LIMIT
    assert found is not None
    assert replace(found, reason=why) == record
    assert why.startswith(found.reason)
    assert found.reason == why or units(text) >= LIMIT - 1


def test_a_reason_is_cut_between_characters() -> None:
    record = replace(ALIAS, command="rollback", reason="x" + "\N{CAT}" * 300)

    text = str(record)

    assert units(text) in (LIMIT - 1, LIMIT)
    assert text.endswith("\N{CAT}")


@pytest.mark.parametrize(
    "description",
    [
        "",
        "made by hand",
        "signed-lambda/2 build=" + "ab" * 32 + " commit=- run=1.1",
        "signed-lambda/1 build=" + "AB" * 32 + " commit=- run=1.1",
        f"{VERSION} ",
        f" {VERSION}",
        f"{VERSION}\n",
        str(VERSION).partition(" for=")[0],
        str(VERSION).replace("run=7", "run=\N{ARABIC-INDIC DIGIT SEVEN}"),
        str(ALIAS),
    ],
)
def test_another_description_is_no_version_record(description: str) -> None:
    assert VersionRecord.parse(description) is None


@pytest.mark.parametrize(
    "description",
    [
        "",
        "made by hand",
        "signed-lambda/1 immutable",
        str(ALIAS).replace("previous=4", "previous=\N{ARABIC-INDIC DIGIT FOUR}"),
        str(ALIAS).replace("previous=4", "previous=$LATEST"),
        str(ALIAS).replace("previous=4", "previous="),
        str(ALIAS).partition(" for=")[0],
        f"{ALIAS} ",
        f"{ALIAS}\n",
        str(VERSION),
    ],
)
def test_another_description_is_no_alias_record(description: str) -> None:
    assert AliasRecord.parse(description) is None


@pytest.mark.parametrize(
    ("recorded", "ours", "newer"),
    [
        ((8, 1), (7, 1), True),
        ((7, 2), (7, 1), True),
        ((7, 1), (7, 1), False),
        ((7, 1), (7, 2), False),
        ((6, 9), (7, 1), False),
        ((0, 0), (7, 1), False),
        ((8, 1), (0, 0), False),
    ],
)
def test_newer_is_the_later_run_or_attempt_where_both_are_known(
    recorded: tuple[int, int], ours: tuple[int, int], *, newer: bool
) -> None:
    record = replace(ALIAS, run=recorded[0], attempt=recorded[1])

    assert record.is_newer_than(*ours) is newer


@pytest.mark.parametrize(
    ("command", "recorded", "ours", "same"),
    [
        ("rollback", (7, 1), 7, True),
        ("rollback", (7, 2), 7, True),
        ("rollback", (6, 1), 7, False),
        ("rollback", (0, 0), 0, False),
        ("deploy", (7, 1), 7, False),
    ],
)
def test_a_rollback_of_the_same_run_is_known_in_any_attempt(
    command: str, recorded: tuple[int, int], ours: int, *, same: bool
) -> None:
    record = replace(ALIAS, command=command, run=recorded[0], attempt=recorded[1])

    assert record.is_of_rollback(ours) is same


def test_who_made_a_move_is_told_by_the_run_where_there_is_one() -> None:
    assert replace(ALIAS, run=7, attempt=2).by == "run 7.2"
    assert replace(ALIAS, run=0, attempt=0).by == "a run outside of GitHub"


def test_an_alias_seal_fits_one_function_alias_version_and_content() -> None:
    made_for = (ARN, "live", "7", "ab" * 32)
    others = [
        (ARN.replace("1111", "9999"), *made_for[1:]),
        (ARN.replace("eu-west-1", "us-east-1"), *made_for[1:]),
        (f"{ARN}-2", *made_for[1:]),
        (ARN, "prod", *made_for[2:]),
        (ARN, "live", "8", "ab" * 32),
        (ARN, "live", "7", "cd" * 32),
    ]

    seals = {alias_seal(*each) for each in [made_for, *others]}

    assert len(seals) == len(others) + 1
    assert all(len(seal) == 32 for seal in seals)


def test_a_version_seal_fits_one_function_build_and_content() -> None:
    made_for = (ARN, "ab" * 32, "cd" * 32)
    others = [
        (f"{ARN}-2", *made_for[1:]),
        (ARN, "00" * 32, "cd" * 32),
        (ARN, "ab" * 32, "00" * 32),
    ]

    assert len({version_seal(*each) for each in [made_for, *others]}) == len(others) + 1
