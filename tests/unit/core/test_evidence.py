"""Evidence is built by a successful check only: each `confirm` with one member that is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from signed_lambda.chain.publish import PublishedVersion
from signed_lambda.chain.smoke import SmokeTested
from signed_lambda.cloud import Download, FunctionConfiguration, Invocation
from signed_lambda.confighash import canonical
from signed_lambda.errors import (
    CATALOGUE,
    DeployError,
    InputError,
    Problem,
    SmokeError,
    TargetError,
)
from signed_lambda.model import FunctionName, Sha256

SHA, OTHER = Sha256(b"\x01" * 32), Sha256(b"\x02" * 32)
VERSION = FunctionConfiguration(
    arn="arn:aws:lambda:eu-west-1:111122223333:function:orders:4",
    name=FunctionName("orders"),
    version="4",
    code_sha256=SHA,
    code_size_bytes=1,
    revision_id="r",
    description="",
    package_type="Zip",
    state="Active",
    state_reason=None,
    state_reason_code=None,
    last_update_status="Successful",
    last_update_reason=None,
    last_update_reason_code=None,
    last_modified="2026-01-05T09:00:00.000+0000",
    signing_job_arn=None,
    signing_profile_version_arn=None,
    handler="app.handler",
    content={"Timeout": 3},
)
GOT = Download(Path("/nowhere.zip"), SHA, 1, None)


def test_an_earlier_version_is_confirmed_by_record_and_download() -> None:
    found = PublishedVersion.recall(SHA, VERSION, GOT)

    assert (found.version, found.sha256, found.recalled) == ("4", SHA, True)
    assert found.configuration == canonical(VERSION.content)
    assert found.fact().title == "Version 4 exists already"
    assert [link.equals for link in found.links()] == ["its own record", "its CodeSha256"]


@pytest.mark.parametrize("recorded", [OTHER, None])
def test_an_earlier_version_of_another_hash_is_refused(recorded: Sha256 | None) -> None:
    with pytest.raises(TargetError) as caught:
        PublishedVersion.recall(SHA, replace(VERSION, code_sha256=recorded), GOT)

    assert caught.value.problems[0].id == "E-TARGET-07"
    assert str(SHA) in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        Invocation(200, "Unhandled", b"{}", "4"),
        Invocation(200, "Handled", b"{}", "4"),
        Invocation(202, None, b"", "4"),
        Invocation(500, None, b"", "4"),
        Invocation(200, None, b"{}", "3"),
        Invocation(200, None, b"{}", "$LATEST"),
    ],
)
def test_only_a_good_answer_of_the_version_itself_passes_the_smoke_test(answer: Invocation) -> None:
    published = PublishedVersion.recall(SHA, VERSION, GOT)

    with pytest.raises(SmokeError) as caught:
        SmokeTested.confirm(published, answer)

    assert caught.value.problems[0].id == "E-SMOKE-01"


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b'{"errorType": "KeyError", "errorMessage": "s3cr3t"}', " (KeyError)"),
        (b'{"errorType": "java.lang.IllegalStateException"}', " (java.lang.IllegalStateException)"),
        (b'{"errorType": "s3cr3t of the function", "trace": ["s3cr3t"]}', ""),
        (b'{"errorType": ["s3cr3t"]}', ""),
        (b'["s3cr3t"]', ""),
        (b"s3cr3t", ""),
        (b"[" * 100_000, ""),
    ],
    ids=range(7),
)
def test_of_what_a_failed_function_says_only_the_class_of_its_error_is_shown(
    payload: bytes, shown: str
) -> None:
    published = PublishedVersion.recall(SHA, VERSION, GOT)

    with pytest.raises(SmokeError) as caught:
        SmokeTested.confirm(published, Invocation(200, "Unhandled", payload, "4"))

    [problem] = caught.value.problems
    assert problem.what == (
        f"version 4 answered the smoke event with status 200, FunctionError Unhandled{shown}"
    )
    assert "s3cr3t" not in str(problem)


def test_a_good_smoke_test_proves_no_bytes() -> None:
    published = PublishedVersion.recall(SHA, VERSION, GOT)

    tested = SmokeTested.confirm(published, Invocation(200, None, b"{}", "4"))

    assert (tested.version, tested.links()) == ("4", ())


# -- the shared types


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_hash_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match=f"not {size}"):
        Sha256(bytes(size))


def test_a_hash_is_compared_by_its_bytes() -> None:
    assert Sha256.from_hex(SHA.hex) == Sha256.from_b64(SHA.b64) == SHA != OTHER
    assert str(SHA) == f"sha256:{'01' * 32}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        SHA.b64[:-1],
        f"{SHA.b64}\n",
        f" {SHA.b64}",
        f"{SHA.b64}=",
        f"{SHA.b64}-2",
        OTHER.b64.replace("A", "_"),
        f"{'A' * 42}B=",  # padding bits that are not zero: a second spelling of one hash
        SHA.hex,
    ],
)
def test_another_spelling_of_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        Sha256.from_b64(text)


@pytest.mark.parametrize("text", ["", "AB" * 32, "ab" * 31, f"{'ab' * 32}\n", SHA.b64])
def test_another_spelling_of_hex_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="hex digits"):
        Sha256.from_hex(text)


def test_a_problem_has_an_id_of_the_catalogue() -> None:
    with pytest.raises(KeyError, match="E-NOBODY-01"):
        Problem("E-NOBODY-01", "what", "do")


def test_an_error_carries_problems_of_its_own_area_first() -> None:
    with pytest.raises(ValueError, match="InputError carries"):
        InputError()
    with pytest.raises(ValueError, match="InputError carries"):
        InputError(Problem("E-ZIP-01", "what", "do"))

    mixed = InputError(Problem("E-INPUT-01", "a", "b"), Problem("E-ZIP-01", "c", "d"))

    assert [p.id for p in mixed.problems] == ["E-INPUT-01", "E-ZIP-01"]


@pytest.mark.parametrize(
    ("what", "do", "text"),
    [
        ("a", "b", "E-ZIP-01 a. b."),
        ("a.", "b!", "E-ZIP-01 a. b!"),
        (" a: ", "`run`", "E-ZIP-01 a: `run`"),
        ("a", "", "E-ZIP-01 a."),
    ],
)
def test_an_error_reads_as_sentences(what: str, do: str, text: str) -> None:
    assert str(Problem("E-ZIP-01", what, do)) == text


def test_every_meaning_in_the_catalogue_is_one_sentence() -> None:
    assert [id_ for id_, text in CATALOGUE.items() if not text.endswith(".")] == []


def test_every_exit_code_is_of_one_error() -> None:
    codes = [cls.exit_code for cls in DeployError.__subclasses__()]

    assert len(set(codes)) == len(codes)
