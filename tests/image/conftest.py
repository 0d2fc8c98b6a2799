"""The action's image, built once, and a job on a runner that runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.docker_engine import IMAGE, ROOT, engine
from tests.support.runner_job import Job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import docker


@pytest.fixture(scope="session")
def client() -> Iterator[docker.DockerClient]:
    """The engine, with the image of this checkout in it."""
    found = engine()
    found.images.build(path=str(ROOT), tag=IMAGE, rm=True, forcerm=True)
    yield found
    found.close()


@pytest.fixture
def job(tmp_path: Path, client: docker.DockerClient) -> Job:
    """A job on a runner, with a function's source checked out."""
    return Job(tmp_path)


def deploy_inputs(url: str) -> dict[str, str]:
    """Inputs of a deploy to the sandbox's estate at the URL."""
    return {
        "function-name": "orders",
        "source": "function",
        "bucket": "acme-artifacts",
        "signing-profile": "orders_prod",
        "aws-region": "eu-west-1",
        "aws-endpoint-url": url,
        "signer-root": "signer-root.pem",
        "comment": "off",
    }
