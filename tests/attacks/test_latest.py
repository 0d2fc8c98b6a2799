"""T14, T15, T16: somebody edits $LATEST, its code or its configuration, while we work."""

from __future__ import annotations

import pytest

from tests.attacks.conftest import alias_stands, evil_zip, nothing_moves
from tests.support.action import Team

WRITES = ("UpdateFunctionCode", "PublishVersion")


def test_code_swapped_before_publish_stops_the_run(released: Team) -> None:
    released.sandbox.before(
        "PublishVersion",
        lambda s: s.acts.console_edit_code(released.estate.function, evil_zip()),
    )

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (20, ["E-HASH-04"])
    assert ended.outputs["outcome"] == "refused"
    assert "still at 1" in ended.report["left"]


def test_code_swapped_before_the_update_stops_the_run(released: Team) -> None:
    released.sandbox.before(
        "UpdateFunctionCode",
        lambda s: s.acts.console_edit_code(released.estate.function, evil_zip()),
    )

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-01"])


def test_code_swapped_between_dry_run_and_update_stops_the_run(released: Team) -> None:
    released.sandbox.before(
        "UpdateFunctionCode",
        lambda s: s.acts.console_edit_code(released.estate.function, evil_zip()),
        nth=2,
    )

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (21, ["E-CONFLICT-01"])


@pytest.mark.parametrize("nth", range(1, 8))
def test_code_swapped_before_any_read_of_the_function_never_goes_live(
    released: Team, nth: int
) -> None:
    released.sandbox.before(
        "GetFunctionConfiguration",
        lambda s: s.acts.console_edit_code(released.estate.function, evil_zip()),
        nth=nth,
    )

    ended = released.run()

    live = released.alias()
    assert live is not None
    hashes = dict(released.versions())
    assert ended.exit_code in (0, 20, 21)
    if ended.exit_code == 0:
        assert hashes[live["FunctionVersion"]] == ended.outputs["code-sha256"]
    else:
        assert live["FunctionVersion"] == "1"


@pytest.mark.parametrize("operation", WRITES)
def test_configuration_edited_in_the_window_stops_the_run(released: Team, operation: str) -> None:
    nth = 2 if operation == "UpdateFunctionCode" else 1
    released.sandbox.before(
        operation,
        lambda s: s.acts.console_edit_configuration(
            released.estate.function, Timeout=900, Environment={"Variables": {"API_KEY": "stolen"}}
        ),
        nth=nth,
    )

    with alias_stands(released):
        ended = released.run()

    assert ended.exit_code in (20, 21)
    assert ended.error_ids[0] in ("E-CONFLICT-01", "E-CONFLICT-03", "E-HASH-08")
    assert "Timeout 3 -> 900" in ended.log
    assert "stolen" not in ended.log + ended.summary
    assert "s3cr3t" not in ended.log + ended.summary


def test_a_function_deleted_meanwhile_is_told(released: Team) -> None:
    released.sandbox.before(
        "UpdateFunctionCode", lambda s: s.acts.delete_function(released.estate.function)
    )

    ended = released.run()

    assert ended.exit_code == 17
    assert ended.error_ids == ["E-FUNCTION-01"]


def test_every_conditional_write_sends_its_revision(released: Team) -> None:
    ended = released.run()

    sent = {c.operation: c.params for c in ended.calls if c.write}
    assert sent["UpdateFunctionCode"]["RevisionId"]
    assert sent["UpdateFunctionCode"]["S3ObjectVersion"]
    assert sent["PublishVersion"]["RevisionId"]
    assert sent["PublishVersion"]["CodeSha256"] == ended.outputs["code-sha256"]
    assert sent["UpdateAlias"]["RevisionId"]
    assert (
        sent["UpdateAlias"]["RoutingConfig"] == {"AdditionalVersionWeights": {}}
        or sent["UpdateAlias"]["RoutingConfig"] == {}
    )


def test_a_tag_set_while_we_work_does_not_stop_the_run(released: Team) -> None:
    arn = f"arn:aws:lambda:eu-west-1:111122223333:function:{released.estate.function}"
    released.sandbox.before(
        "UpdateFunctionCode",
        lambda s: released.client("lambda").tag_resource(Resource=arn, Tags={"team": "orders"}),
        nth=2,
    )

    ended = released.run()

    assert ended.exit_code == 0, ended.log
    assert ended.outputs["version"] == "2"
