"""What is asked once the first answers are there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from signed_lambda.chain.further import Further, ask_further


def test_what_the_next_questions_need_is_made_in_the_wait_for_the_first_answers() -> None:
    done: list[str] = []
    bench: Any = SimpleNamespace(cloud=SimpleNamespace(get_ready=lambda: done.append("ready")))
    observing: Any = SimpleNamespace(subject=lambda: done.append("answers"))
    nothing: Any = None

    found = ask_further(bench, nothing, nothing, observing)

    assert done == ["ready", "answers"]
    assert found == Further()
