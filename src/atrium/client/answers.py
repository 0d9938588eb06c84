"""What the hub answered, held against what it promised. Every function raises `UnexpectedAnswer`."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from atrium.client.errors import UnexpectedAnswer
from atrium.contracts.base import Model

M = TypeVar("M", bound=Model)


def mapping(answer: Any, *names: str) -> dict[str, Any]:
    """Return an answer that is an object with these names in it."""
    if not isinstance(answer, dict):
        raise UnexpectedAnswer(f"the hub answered {str(answer)[:200]} where an object was promised")
    for name in names:
        if name not in answer:
            raise UnexpectedAnswer(f"the hub is of another version: its answer has no {name}: {str(answer)[:200]}")
    return answer


def model(kind: type[M], data: Any) -> M:
    """Return data as a model; a newer hub may say more than this client knows."""
    try:
        return kind.model_validate(data, extra="ignore")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        what = f"{'.'.join(map(str, first['loc'])) or 'all of it'}: {first['msg']}"
        raise UnexpectedAnswer(f"the hub is of another version: it sent what is no {kind.__name__} ({what})") from None
