"""What a parser raises: the part of a problem that it knows.

Pure: imports the standard library only. The reader of the inputs adds the input's name.
"""

from __future__ import annotations


class BadValueError(Exception):
    """A value is not of its form.

    Attributes:
        says: The predicate of a sentence whose subject is the value: "has a space at position 3".
        do: What to write instead; a sentence.
        value: The part of the value that the sentence is about (a line of a list), or None for all.
        place: Where that part stands: "line 2", or "".
        id: Of `CATALOGUE`.
    """

    def __init__(
        self,
        says: str,
        do: str,
        *,
        value: str | None = None,
        place: str = "",
        id_: str = "E-INPUT-03",
    ) -> None:
        super().__init__(says)
        self.says = says
        self.do = do
        self.value = value
        self.place = place
        self.id = id_
