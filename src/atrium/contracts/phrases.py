"""What a text for people is made of, so that clients can say it in other languages."""

from __future__ import annotations

from pydantic import Field

from atrium.contracts.base import Model

CODE = r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$"


class Phrase(Model):
    """The stable code of an English text, and the values in it, as numbers and text that are not written out yet.

    It stands in `phrases` beside the text, under the name of its field. A client that does not know the code shows the
    text as it is.
    """

    code: str = Field(pattern=CODE)
    params: dict[str, str | int | float] = Field(default_factory=dict)
