"""Nothing that an earlier step planted runs in the image, and no request of ours goes astray."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.image.conftest import deploy_inputs
from tests.image.traps import PROBES, traps
from tests.support.docker_engine import sandbox_on_a_port

if TYPE_CHECKING:
    from tests.support.runner_job import Job

pytestmark = pytest.mark.docker
NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}


@pytest.mark.parametrize("name", PROBES)
def test_the_trap_springs_for_a_careless_program(job: Job, name: str) -> None:
    with traps(job) as planted:
        env = planted.plant(name)
        step = job.start(
            {},
            env | (NO_KEYS if "credential_process" in name else {}),
            entrypoint="/usr/local/bin/python",
            arguments=("-c", PROBES[name]),
        )
        step.end()

        assert planted.sprung() != [], step.printed


def test_no_trap_springs_in_a_deploy_and_a_rollback(job: Job) -> None:
    with traps(job) as planted, sandbox_on_a_port(job.workspace / "signer-root.pem") as url:
        env = planted.everything()
        inputs = deploy_inputs(url)
        first = job.run(inputs, env)
        (job.workspace / "function" / "greet.py").write_text("def hello(event):\n    return 2\n")
        second = job.run(inputs, env)
        not_for_rollback = ("source", "bucket", "signing-profile")
        back = job.run(
            {k: v for k, v in inputs.items() if k not in not_for_rollback}
            | {"command": "rollback"},
            env,
        )

        assert planted.sprung() == []
    assert first.outputs["outcome"] == "deployed", first.printed
    assert second.outputs["version"] == "2", second.printed
    assert back.outputs["outcome"] == "rolled-back", back.printed
    [ignored] = [a.message for a in first.annotations if "ignored" in a.message]
    assert ignored.startswith(
        "AWS_CONFIG_FILE, AWS_DATA_PATH, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_LAMBDA, HTTPS_PROXY in"
    )


def test_no_trap_springs_where_no_endpoint_is_given(job: Job) -> None:
    with traps(job) as planted:
        env = planted.everything()
        step = job.start(deploy_inputs("") | {"signer-root": ""}, env)
        step.wait_for("GetCallerIdentity: EndpointConnectionError")
        ended = step.cancel()

        assert planted.sprung() == []
    assert "Could not connect to the endpoint URL" in ended.shown or "sts.eu-west-1" in ended.shown


def test_without_credentials_no_trap_brings_some(job: Job) -> None:
    with traps(job) as planted:
        env = planted.everything()
        ended = job.run(deploy_inputs("") | {"signer-root": ""}, env | NO_KEYS)

        assert planted.sprung() == []
    assert ended.exit_code == 13
    assert "E-IDENTITY-01" in ended.shown
