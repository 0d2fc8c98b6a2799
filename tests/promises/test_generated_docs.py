"""What is generated is up to date, and the generator would notice if it were not."""

from __future__ import annotations

import pytest

from signed_lambda import errors
from signed_lambda.inputs import COMMANDS, OUTPUTS, SPECS
from tests.promises.modules import ROOT
from tools import gen_docs

FILES = dict(gen_docs.files())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_generated_file_is_up_to_date(path: object) -> None:
    (text,) = [text for one, text in FILES.items() if one == path]
    (file,) = [one for one in FILES if one == path]

    assert file.read_text("utf-8") == text, "run `make docs`"


def test_the_check_of_the_generator_agrees() -> None:
    assert gen_docs.main(["--check"]) == 0


def test_docs_inputs_names_every_command_input_and_output() -> None:
    text = (ROOT / "docs" / "inputs.md").read_text("utf-8")

    for name in [*(spec.name for spec in SPECS), *OUTPUTS]:
        assert f"\n| `{name}` |" in text
    for name in COMMANDS:
        assert f"\n| [`{name}`](commands/{name}.md) |" in text


def test_docs_errors_names_every_class_and_id() -> None:
    text = (ROOT / "docs" / "errors.md").read_text("utf-8")

    for cls in errors.DeployError.__subclasses__():
        assert f"\n## {cls.__name__}\n\nExit code {cls.exit_code}, outcome `{cls.outcome}`." in text
    for id_, meaning in errors.CATALOGUE.items():
        assert f"\n- `{id_}` {meaning}\n" in text


def test_the_readme_table_is_put_between_its_markers() -> None:
    readme = "a\n<!-- commands:begin -->\nSTALE\n<!-- commands:end -->\n"

    text = gen_docs.with_table(readme)

    assert text.startswith("a\n<!-- commands:begin -->\n| `command` |")
    assert "STALE" not in text
    assert gen_docs.with_table(text) == text


def test_a_readme_without_a_marker_is_refused() -> None:
    with pytest.raises(ValueError, match=r"README\.md needs <!-- commands:begin -->"):
        gen_docs.with_table("no markers")
