"""The real image under the real runner's rules: what people see of a job, for each way it ends."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.image.conftest import deploy_inputs
from tests.support.docker_engine import ROOT, sandbox_on_a_port
from tests.support.runner_job import AWS, JOB_SECRETS, TOKEN
from tests.support.runner_rules import Shown, unfolded

if TYPE_CHECKING:
    from tests.support.runner_job import Ended, Job

pytestmark = pytest.mark.docker

OURS = {"add-mask", "group", "endgroup", "notice", "warning", "error", "stop-commands"}
EVERY_OUTPUT = set(yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["outputs"])
MASKED = (TOKEN, AWS["AWS_SECRET_ACCESS_KEY"])
SECRETS = (*MASKED, *JOB_SECRETS.values())
LOOP = "def f(c, context):\n    c.invoke(FunctionName=context.function_name)\n"
"""A function that calls itself: refused by the static review."""


def assert_is_clean(ended: Ended) -> None:
    """What holds for every end: no secret, no stranger, no command but ours, all outputs."""
    masks = ended.console.commands[: len(MASKED)]
    assert {(name, data) for name, _, data in masks} == {("add-mask", s) for s in MASKED}
    for secret in SECRETS:
        assert secret not in ended.shown
    for known_to_the_runner in JOB_SECRETS.values():
        assert known_to_the_runner not in ended.printed
    assert ended.strangers == ()
    assert (ended.faults, ended.env) == ((), {})
    assert ended.notes == ()
    assert set(ended.outputs) == EVERY_OUTPUT
    assert {name for name, _, _ in ended.console.commands if not name.startswith("end-")} <= OURS
    assert not ended.console.stopped
    assert ended.console.dropped == {}
    assert "Traceback" not in ended.printed


def assert_ends_with_the_report(ended: Ended, first: str, last: str, *after: str) -> None:
    """The text of the report is the last thing of the log, in the open, but for lines after it."""
    seen = unfolded(ended.log)
    begin, end = (
        i for i, line in enumerate(seen) if re.fullmatch(r"::(stop-commands::)?\*\*\*(::)?", line)
    )
    assert [bool(re.match(a, b)) for a, b in zip(after, seen[end + 1 :], strict=True)] == [
        True for _ in after
    ]
    report = seen[begin + 1 : end]
    assert report[0].startswith(first)
    assert re.fullmatch(last, report[-1])


RUN = "https://github.com/acme/orders/actions/runs/1658821493"


def order(url: str, **fault: object) -> None:
    """Orders a fault of the sandbox."""
    request = urllib.request.Request(
        f"{url}/_sandbox/faults", json.dumps(fault).encode(), method="POST"
    )
    with urllib.request.urlopen(request):
        pass


def test_a_deploy_reads_as_steps_with_times_and_ends_with_the_report(job: Job) -> None:
    with sandbox_on_a_port(job.workspace / "signer-root.pem", signing_s=4) as url:
        ended = job.run(deploy_inputs(url))

    assert_is_clean(ended)
    assert_ends_with_the_report(
        ended, "DEPLOYED: orders -> live (eu-west-1): now runs version 1", re.escape(RUN)
    )
    assert (ended.exit_code, ended.conclusion) == (0, "success")
    steps = [line for line in unfolded(ended.log) if line.startswith("> ")]
    assert [re.sub(r"/\w{64}| \(\d+\.\d s\)$", "", step) for step in steps] == [
        "> ok Pack function",
        "> ok Give up root",
        "> ok Static review",
        "> ok Look at orders in eu-west-1",
        "> ok Review with the live triggers",
        "> ok Upload to s3://acme-artifacts/signed-lambda/unsigned.zip",
        "> ok Sign with AWS Signer and verify the signed zip offline",
        "> ok Dry run of the update",
        "> ok Update $LATEST",
        "> ok Version 1 published",
        "> ok Hash alias",
        "> ok Move alias 'live'",
        "> ok Statement of the release",
    ]
    assert all(re.search(r" \(\d+\.\d s\)$", step) for step in steps)
    assert any(
        re.search("waiting for signing job .*: InProgress, 3 s so far", x) for x in ended.log
    )
    assert ended.annotations == [
        Shown(
            "warning",
            f"AWS calls go to {url} (aws-endpoint-url), not to AWS.",
            title="orders → live (eu-west-1)",
        ),
        Shown("notice", "orders → live (eu-west-1): now runs version 1 (new alias)"),
    ]
    assert (ended.outputs["outcome"], ended.outputs["version"]) == ("deployed", "1")
    assert ended.console.for_other_jobs(ended.outputs).keys() == {
        name for name, value in ended.outputs.items() if value
    }
    assert "Now runs version 1" in ended.summary
    assert (job.workspace / ended.outputs["report"]).is_file()


def test_bad_inputs_are_refused_in_the_open(job: Job) -> None:
    inputs = deploy_inputs("http://127.0.0.1:9") | {"signer-root": "", "bucket": "UPPER"}

    ended = job.run(inputs)

    assert_is_clean(ended)
    assert_ends_with_the_report(ended, "REFUSED: orders -> live", re.escape(RUN))
    assert (ended.exit_code, ended.conclusion) == (10, "failure")
    [error] = ended.annotations
    assert (error.level, error.title) == ("error", "E-INPUT-03: orders → live")
    assert "bucket 'UPPER' has 'U' at position 1" in error.message
    assert "What stands: Nothing was written" in error.message
    assert ended.outputs["outcome"] == "refused"
    assert "bucket" in ended.summary


def test_a_finding_blocks_beside_its_line(job: Job) -> None:
    (job.workspace / "function" / "loop.py").write_text(LOOP)
    with sandbox_on_a_port(job.workspace / "signer-root.pem") as url:
        ended = job.run(deploy_inputs(url))

    assert_is_clean(ended)
    assert_ends_with_the_report(ended, "REFUSED: orders -> live", re.escape(RUN))
    assert (ended.exit_code, ended.outputs["outcome"]) == (27, "refused")
    assert ended.outputs["findings"] == "1"
    shown = {(a.level, a.file, a.line) for a in ended.annotations}
    assert shown == {("error", "", 0), ("error", "function/loop.py", 2), ("warning", "", 0)}
    assert any("E-SCAN-01" in line for line in unfolded(ended.log))


def test_a_failure_of_aws_is_told_with_what_was_left_unchanged(job: Job) -> None:
    with sandbox_on_a_port(job.workspace / "signer-root.pem") as url:
        message = "no ##[error]x ::error::y"
        order(url, operation="StartSigningJob", kind="error", code="AccessDeniedException",
              message=message, status=403)  # fmt: skip
        ended = job.run(deploy_inputs(url))

    assert_is_clean(ended)
    assert_ends_with_the_report(ended, "FAILED: orders -> live", re.escape(RUN))
    assert (ended.exit_code, ended.outputs["outcome"]) == (28, "failed")
    assert [a.level for a in ended.annotations] == ["error", "warning"]
    assert ended.annotations[0].title.startswith("E-ACCESS-")
    assert "Lambda was not touched" in ended.annotations[0].message
    assert [name for name, _, _ in ended.console.commands].count("error") == 1


def test_a_cancelled_job_says_what_stands_before_the_runner_loses_patience(job: Job) -> None:
    with sandbox_on_a_port(job.workspace / "signer-root.pem", signing_s=600) as url:
        step = job.start(deploy_inputs(url))
        step.wait_for("InProgress, 3 s so far")
        ended = step.cancel()

    assert_is_clean(ended)
    assert_ends_with_the_report(ended, "FAILED: orders -> live", re.escape(RUN), "E-CANCEL-01 ")
    assert (ended.exit_code, ended.outputs["outcome"]) == (31, "failed")
    error = ended.annotations[0]
    assert error.title == "E-CANCEL-01: orders → live (eu-west-1)"
    assert "SIGINT" in error.message
    assert "Lambda was not touched" in error.message
    assert not step.lives_on


def test_a_job_cancelled_while_aws_cannot_be_reached_ends_as_quickly(job: Job) -> None:
    inputs = deploy_inputs("http://127.0.0.1:9") | {"signer-root": ""}

    step = job.start(inputs)
    step.wait_for("GetCallerIdentity: EndpointConnectionError")
    ended = step.cancel()

    assert_is_clean(ended)
    assert (ended.exit_code, ended.outputs["outcome"]) == (31, "failed")
    assert "Nothing was written" in ended.annotations[0].message


def test_an_unknown_input_reaches_the_program_which_refuses_it(job: Job) -> None:
    inputs = deploy_inputs("http://127.0.0.1:9") | {"signer-root": "", "funktion": "orders"}

    ended = job.run(inputs)

    assert ended.notes == ("Unexpected input(s) 'funktion'",)
    assert ended.exit_code == 10
    assert any("funktion" in a.message for a in ended.annotations)


def test_the_runner_kills_only_its_client_when_a_container_ignores_it(job: Job) -> None:
    deaf = "trap '' INT TERM; echo begun; while :; do sleep 1; done"
    step = job.start({}, entrypoint="/bin/sh", arguments=("-c", deaf))
    try:
        step.wait_for("begun")
        ended = step.cancel(sigint_s=0.5, sigterm_s=0.5)

        assert ended.exit_code == -9
        assert step.lives_on
    finally:
        step.remove()
