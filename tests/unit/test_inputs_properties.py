"""For any environment at all: typed inputs, or one error of the documented kind."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signed_lambda.errors import InputError
from signed_lambda.inputs import SPECS, Inputs, read
from signed_lambda.inputs.spelling import first_hidden, nearest, shown

VARIABLES = [spec.variable for spec in SPECS] + ["AWS_REGION", "AWS_DEFAULT_REGION"]
SNIPPETS = [
    *(word for spec in SPECS for word in (spec.default, spec.example) if word),
    *("true", "false", "rollback", "promote", "plan", "verify", "scan", "previous", "HASH-", "7"),
    *("arn:aws:lambda:eu-central-1:111122223333:function:fn", "sha256:", "a1" * 32, "http://h"),
    *(":", "/", "\n", "\0", "\u00a0", "@", "[", "::error::", "\udcff", "#", "\\ ", ",", "-", "$"),
]
WILD = st.text(st.characters(exclude_categories=()), max_size=40)
VALUES = st.one_of(
    st.sampled_from(SNIPPETS),
    st.lists(st.sampled_from(SNIPPETS), max_size=4).map("".join),
    WILD,
)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(
    known=st.dictionaries(st.sampled_from(VARIABLES), VALUES, max_size=12),
    unknown=st.dictionaries(WILD.map("INPUT_{}".format), VALUES, max_size=2),
)
def test_reading_gives_inputs_or_one_printable_input_error(
    known: dict[str, str], unknown: dict[str, str]
) -> None:
    result = outcome({**known, **unknown})

    if isinstance(result, InputError):
        assert result.problems
        assert all(str(problem).isprintable() for problem in result.problems)
    else:
        assert all(need_is_met(result, need) for need in result.command.needs)


def outcome(environ: dict[str, str]) -> Inputs | InputError:
    """What `read` returns or raises; any other exception passes through and fails the test."""
    try:
        return read(environ)
    except InputError as error:
        return error


def need_is_met(inputs: Inputs, need: str) -> bool:
    """Whether an input that the command needs has a value."""
    field = {"function-name": "function"}.get(need, need.replace("-", "_"))
    return bool(getattr(inputs, field))


@settings(derandomize=True, max_examples=200, deadline=None)
@given(variable=st.sampled_from(VARIABLES), value=VALUES)
def test_one_bad_value_is_always_told_by_its_name(variable: str, value: str) -> None:
    good = {
        "AWS_REGION": "eu-central-1",
        "INPUT_FUNCTION-NAME": "fn",
        "INPUT_SOURCE": "dist",
        "INPUT_BUCKET": "artefacts",
        "INPUT_SIGNING-PROFILE": "release",
    }
    name = variable.removeprefix("INPUT_").lower()

    result = outcome({**good, variable: value})

    if isinstance(result, InputError):
        assert any(name in p.what.lower() or name in p.do.lower() for p in result.problems)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(WILD)
def test_shown_text_is_printable_and_short(text: str) -> None:
    assert shown(text).isprintable()
    assert len(shown(text)) <= 80 * 10 + 2


def test_a_long_value_is_cut_and_its_length_told() -> None:
    assert shown("x" * 80) == repr("x" * 80)
    assert shown("x" * 81) == repr("x" * 40) + "... (81 characters)"


@pytest.mark.parametrize(
    "char", ["\u00a0", "\u2028", "\u202e", "\u200b", "\x7f", "\ue000", "\ufeff"]
)
def test_characters_that_cannot_be_seen_are_found(char: str) -> None:
    assert first_hidden(f"ab{char}", free_text=False) == 2


@pytest.mark.parametrize("char", ["\u2028", "\u202e", "\u200b", "\x7f", "\ufeff", "\n"])
def test_free_text_holds_no_control_or_direction_characters(char: str) -> None:
    assert first_hidden(f"ab{char}", free_text=True) == 2


def test_the_nearest_word_is_found_whatever_its_case() -> None:
    assert nearest("DEPLOI", ["deploy", "plan"]) == "deploy"
    assert nearest("zzz", ["deploy", "plan"]) is None
