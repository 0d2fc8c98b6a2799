"""Exit codes and error ids: unique, documented, and each of them used."""

from __future__ import annotations

from collections import Counter
from typing import Final

from signed_lambda import errors
from tests.promises.modules import ERROR_ID, Module, product

CLASSES: Final = errors.DeployError.__subclasses__()
RAISED: Final = {
    id_ for module in product() if not module.within("errors") for id_ in module.error_ids()
}


def test_exit_codes_are_unique() -> None:
    assert [code for code, n in Counter(cls.exit_code for cls in CLASSES).items() if n > 1] == []


def test_exit_codes_are_none_that_python_or_a_shell_gives() -> None:
    taken_by_others = {0, 1, 2, 120} | set(range(124, 256))

    assert {cls.exit_code for cls in CLASSES} & taken_by_others == set()


def test_areas_are_unique() -> None:
    assert [area for area, n in Counter(cls.area for cls in CLASSES).items() if n > 1] == []


def test_every_class_has_its_own_docstring() -> None:
    assert [cls.__name__ for cls in CLASSES if not cls.__dict__.get("__doc__")] == []


def test_every_id_belongs_to_a_class_and_has_its_form() -> None:
    areas = {cls.area for cls in CLASSES}

    assert all(ERROR_ID.fullmatch(id_) for id_ in errors.CATALOGUE)
    assert {id_.split("-")[1] for id_ in errors.CATALOGUE} <= areas


def test_every_class_has_an_id() -> None:
    areas = {id_.split("-")[1] for id_ in errors.CATALOGUE}

    assert [cls.__name__ for cls in CLASSES if cls.area not in areas] == []


def test_meanings_of_ids_are_unique() -> None:
    assert [text for text, n in Counter(errors.CATALOGUE.values()).items() if n > 1] == []


def test_every_id_that_the_product_raises_is_in_the_catalogue() -> None:
    assert RAISED - set(errors.CATALOGUE) == set()


def test_every_id_of_the_catalogue_is_raised_somewhere() -> None:
    assert set(errors.CATALOGUE) - RAISED == set()


def test_ids_are_found_as_text_and_behind_a_shorthand_but_not_in_docstrings() -> None:
    text = '''
def load():
    """Raises E-ZIP-09."""
    raise ZipError.of("E-ZIP-01", "see E-ZIP-08", "")
    raise _refusal("02", "what")
def _refusal(number, what):
    return ZipError.of(f"E-ZIP-{number}", what, "")
'''

    assert set(Module("signed_lambda.x", text).error_ids()) == {"E-ZIP-01", "E-ZIP-02"}
