"""The table itself: complete, and its assertions can fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.contract.ministack_deviations import DEVIATIONS
from tests.contract.results import ALL, run_row
from tests.contract.row import Area, CannotProvoke, Row, Source, refused, row
from tests.contract.target import NoKnobs, Target

NOWHERE = Target("nowhere", "http://127.0.0.1:9", knobs=NoKnobs())


def _fail(code: str, status: int, message: str) -> None:
    raise ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
        },
        "Operation",
    )


def test_table_compares_92_behaviours_and_every_area() -> None:
    compared = [r for r in ALL if r.compared]

    assert len(compared) == 92
    assert {r.area for r in compared} == set(Area)


def test_table_holds_every_row_of_its_files_once() -> None:
    written = sum(
        text.count("\n@row(") + text.count("\n@further(")
        for text in (p.read_text() for p in Path(__file__).parent.glob("rows_*.py"))
    )

    assert len({r.id for r in ALL}) == len(ALL) == written


def test_deviations_name_rows_of_the_table_with_reasons() -> None:
    assert set(DEVIATIONS) <= {r.id for r in ALL}
    assert all(DEVIATIONS.values())


def test_row_without_source_is_not_taken() -> None:
    def unsourced(_: object) -> None:
        """AWS answers somehow."""

    with pytest.raises(ValueError, match="needs a source"):
        row(Area.S3)(unsourced)


def test_row_of_a_taken_name_is_not_taken() -> None:
    def s3_versions(_: object) -> None:
        """AWS answers somehow."""

    with pytest.raises(ValueError, match="a name of its own"):
        row(Area.S3, Source.DOCS)(s3_versions)


def test_refused_accepts_the_error_and_hands_it_out() -> None:
    with refused("NoSuchKey", 404, "not exist") as answer:
        _fail("NoSuchKey", 404, "The key does not exist.")

    assert answer["Error"]["Code"] == "NoSuchKey"


@pytest.mark.parametrize(
    ("code", "status", "text"),
    [
        ("NoSuchBucket", 404, "not exist"),
        ("NoSuchKey", 400, "not exist"),
        ("NoSuchKey", 404, "is gone"),
    ],
)
def test_refused_tells_another_error_apart(code: str, status: int, text: str) -> None:
    with pytest.raises(AssertionError, match="answered 404 NoSuchKey"), refused(code, status, text):
        _fail("NoSuchKey", 404, "The key does not exist.")


def test_refused_fails_when_nothing_is_refused() -> None:
    with pytest.raises(AssertionError, match="not refused"), refused("NoSuchKey", 404):
        pass


def test_refused_of_any_caller_error_does_not_take_a_server_error() -> None:
    with pytest.raises(AssertionError, match="answered 500"), refused(None, None):
        _fail("ServiceException", 500, "")


def test_failing_row_is_a_failure_and_keeps_what_was_raised() -> None:
    def failing(_: object) -> None:
        raise AssertionError("not as AWS")

    failed = run_row(Row("x", Area.S3, "x", (Source.DOCS,), failing, True, False), NOWHERE)

    assert (failed.outcome, str(failed.error)) == ("failed", "not as AWS")


def test_row_that_cannot_be_provoked_is_not_passed() -> None:
    def throttling(_: object) -> None:
        NOWHERE.knobs.throttle("PublishVersion", 1)

    result = run_row(Row("x", Area.S3, "x", (Source.DOCS,), throttling, True, False), NOWHERE)

    assert result.outcome == "not provoked"
    assert isinstance(result.error, CannotProvoke)
