"""The page of a rule: its module's docstring, as SARIF's descriptions and help.

A page is a title, paragraphs ("Why: ..."), blocks of code after a line that ends with "::", and
lines "Source: <address>". It is ours, never foreign.

Pure: imports escape.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from functools import cache
from itertools import groupby
from typing import Final, Self

from signed_lambda.lazy import dataclass, regex
from signed_lambda.report import escape

RECURSION: Final = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"
"""What all rules are about, in AWS's words: the source of a rule that names none."""

_SOURCE: Final = regex(r"^Source: (https://\S+)", re.MULTILINE)
_LABEL: Final = regex(r"^([A-Z][a-z]+): (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePage:
    """What a reader of an alert is told about its rule.

    Attributes:
        title: One sentence.
        why: The paragraphs in words, without title, code and sources; "" when there are none.
        text: The whole page as plain text.
        markdown: The whole page as Markdown.
        url: The first source.
    """

    title: str
    why: str
    text: str
    markdown: str
    url: str

    @classmethod
    @cache
    def of(cls, rule: str, docstring: str) -> Self:
        """The page of a rule; one that only names the rule when there is no docstring."""
        text = inspect.cleandoc(docstring) or f"Finding of the rule {escape.visible(rule)}."
        blocks = _blocks(text)
        words = [" ".join(b.split()) for b in blocks if not b.startswith(" ")]
        said = [w for w in words[1:] if not w.endswith("::") and not w.startswith("Source: ")]
        why = " ".join(w.removeprefix("Why: ") for w in said)
        source = _SOURCE.search(text)
        return cls(
            title=words[0],
            why=why[:1].upper() + why[1:],
            text=text,
            markdown="\n\n".join(_markdown(block) for block in blocks),
            url=source[1] if source else RECURSION,
        )


def _blocks(text: str) -> list[str]:
    """Paragraphs, and blocks of indented lines with the blank lines inside them."""
    lines = text.split("\n")
    kinds: list[bool] = []
    for line in lines:  # a blank line belongs to what stands above it
        kinds.append(line.startswith(" ") if line.strip() else bool(kinds) and kinds[-1])
    out: list[str] = []
    for is_code, group in groupby(zip(kinds, lines, strict=True), key=lambda pair: pair[0]):
        block = "\n".join(line for _, line in group).strip("\n")
        out += [block] if is_code else re.split(r"\n{2,}|\n(?=Source: )", block)
    return [block for block in out if block.strip()]


def _markdown(block: str) -> str:
    if block.startswith(" "):
        return escape.fence(textwrap.dedent(block))
    words = " ".join(block.split())
    if words.endswith("::"):
        return f"**{escape.prose(words.removesuffix('::'))}:**"
    label = _LABEL.match(words)
    if label is None:
        return escape.prose(words)
    is_address = label[1] == "Source" and _SOURCE.match(words)
    return f"**{label[1]}:** {f'<{label[2]}>' if is_address else escape.prose(label[2])}"
