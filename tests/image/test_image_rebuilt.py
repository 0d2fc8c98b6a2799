"""Two builds of one source are compared as whoever doubts a release compares them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from tests.support.docker_engine import IMAGE
from tools import rebuild

if TYPE_CHECKING:
    from collections.abc import Iterator

    import docker

pytestmark = pytest.mark.docker


@pytest.fixture
def meddled(client: docker.DockerClient) -> Iterator[str]:
    """The action's image with one file changed and another entry point."""
    dockerfile = f'FROM {IMAGE}\nRUN echo >> /app/entrypoint.py\nENTRYPOINT ["/bin/sh"]\n'
    tag = f"{IMAGE}-meddled"
    client.images.build(fileobj=io.BytesIO(dockerfile.encode()), tag=tag, rm=True)
    yield tag
    client.images.remove(tag, force=True)


def test_an_image_holds_what_it_holds(
    client: docker.DockerClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert client.images.get(IMAGE)

    assert rebuild.main(IMAGE, IMAGE) == 0

    assert ": 0 differ" in capsys.readouterr().out


def test_what_was_meddled_with_is_named(meddled: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert rebuild.main(IMAGE, meddled) == 1

    told = capsys.readouterr().out
    assert "app/entrypoint.py: content " in told
    assert '(configuration) Entrypoint: content ["/usr/local/bin/python"' in told
