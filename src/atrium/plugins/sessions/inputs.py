"""What people send, checked: every refusal names the field and says what would be right."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from atrium.contracts.base import Model
from atrium.contracts.sessions import MetadataChange, SessionMetadata
from atrium.plugins.sessions.limits import (
    MAX_ATTACHMENTS,
    MAX_CONTENT_BYTES,
    MAX_FALLBACK,
    MAX_FILE_NAME,
    MAX_IDEMPOTENCY_KEY,
    MAX_PAGE,
    MAX_SEARCH,
    MAX_SETTINGS_BYTES,
    MAX_TAG,
    MAX_TAGS,
    MAX_TITLE,
    MAX_TOKEN,
)
from atrium.sdk import FieldError, InvalidInput, PreconditionFailed
from atrium.sdk.inputs import invalid, parse

LARGEST_OFFSET = (1 << 63) - 1

M = TypeVar("M", bound=Model)


def _number_or_digits(value: object) -> object:
    # Asked before the types are tried one by one: a refusal then names the field, not one of its types.
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise PydanticCustomError("offset", "give the offset of an entry, as a string of decimal digits")
    return value


Offset = Annotated[int | str, BeforeValidator(_number_or_digits)]
"""A stream offset as it arrives; `offset` checks it further."""


def text(field: str, value: object) -> str:
    """Return a string that can be stored and sent everywhere: no NUL, no halves of characters."""
    if not isinstance(value, str):
        raise invalid(field, "give a string")
    if "\0" in value:
        raise invalid(field, "must not contain the character U+0000; remove it")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise invalid(field, f"half of a character (a lone surrogate) at position {error.start}; send UTF-8") from None
    return value


def line(field: str, value: object, longest: int) -> str:
    """Return a single line without control characters, trimmed."""
    trimmed = text(field, value).strip()
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in trimmed):
        raise invalid(field, "must be a single line without control characters")
    if len(trimmed) > longest:
        raise invalid(field, f"must be at most {longest} characters long, not {len(trimmed)}")
    return trimmed


def message_content(value: object, *, with_images: bool = False) -> str:
    """Return a message's text as it was written, which may be empty where images say it all."""
    content = text("content", value)
    if not content.strip() and not with_images:
        raise invalid("content", "write something: the message is empty")
    size = len(content.encode())
    if size > MAX_CONTENT_BYTES:
        raise invalid("content", f"must be at most {MAX_CONTENT_BYTES} bytes of UTF-8, not {size}: send a shorter one")
    return content


def attachments(value: Sequence[object] | None) -> tuple[str, ...]:
    """Return the ids of a message's attachments, each once."""
    ids = tuple(dict.fromkeys(text(f"attachments.{number}", one) for number, one in enumerate(value or ())))
    if len(ids) > MAX_ATTACHMENTS:
        raise invalid("attachments", f"at most {MAX_ATTACHMENTS} for one message, not {len(ids)}")
    return ids


def file_name(value: object) -> str:
    """Return what people call a file, without the folders that it was in."""
    given = text("name", value).replace("\\", "/").rstrip("/").rpartition("/")[2]
    named = line("name", given, MAX_FILE_NAME)
    if named in {"", ".", ".."}:
        raise invalid("name", "give the name of the file, such as photo.png")
    return named


def draft_text(value: object, longest: int) -> str:
    """Return a draft as it was written, which may be empty; `longest` is in bytes of UTF-8."""
    written = text("text", value)
    size = len(written.encode())
    if size > longest:
        raise invalid("text", f"a draft has at most {longest} bytes of UTF-8, not {size}: it is not kept")
    return written


def draft_revision(value: object) -> int | None:
    """Return the revision of the draft that a message was sent from, None if it was sent from none."""
    if value is None:
        return None
    if value == "*":
        return LARGEST_OFFSET
    if not isinstance(value, str) or not _canonical(value):
        raise invalid("draftRevision", "give the revision of the draft as a string of decimal digits, or *")
    return int(value)


def client_token(value: object) -> str | None:
    """Return a client's token for a message, None if it gave none."""
    return None if value is None else _name("clientToken", value, MAX_TOKEN)


def idempotency_key(value: object) -> str | None:
    """Return the `Idempotency-Key` of a request, None if it has none."""
    return None if value is None else _name("Idempotency-Key", value, MAX_IDEMPOTENCY_KEY)


def name(field: str, value: object) -> str:
    """Return the id of something else, a provider or an agent."""
    return _name(field, value, MAX_TOKEN)


def metadata(value: SessionMetadata | Mapping[str, Any] | None) -> SessionMetadata:
    """Return the metadata of a new session."""
    if value is None:
        return SessionMetadata()
    given = value if isinstance(value, SessionMetadata) else _within("metadata", SessionMetadata, value)
    return SessionMetadata(title=title(given.title), tags=tags(given.tags))


def metadata_change(value: MetadataChange | Mapping[str, Any], before: SessionMetadata) -> SessionMetadata:
    """Return a session's metadata after a change."""
    change = value if isinstance(value, MetadataChange) else _within("metadata", MetadataChange, value)
    return SessionMetadata(
        title=before.title if change.title is None else title(change.title),
        tags=before.tags if change.tags is None else tags(change.tags),
    )


def fallback(value: Sequence[object] | None) -> tuple[str, ...] | None:
    """Return the ids of providers that go on where one fails, each once; None for those of the settings."""
    if value is None:
        return None
    if isinstance(value, str) or len(value) > MAX_FALLBACK:
        raise invalid("fallback", f"give a list of at most {MAX_FALLBACK} provider ids")
    return tuple(dict.fromkeys(_name(f"fallback.{number}", one, MAX_TOKEN) for number, one in enumerate(value)))


def title(value: object) -> str:
    """Return a session's title; empty is untitled."""
    return line("metadata.title", value, MAX_TITLE)


def tags(values: Iterable[object]) -> tuple[str, ...]:
    """Return tags, each once, in the order given."""
    found: dict[str, None] = {}
    for number, value in enumerate(values):
        field = f"metadata.tags.{number}"
        tag = line(field, value, MAX_TAG)
        if not tag:
            raise invalid(field, "must not be empty")
        found[tag] = None
    if len(found) > MAX_TAGS:
        raise invalid("metadata.tags", f"at most {MAX_TAGS} tags, not {len(found)}")
    return tuple(found)


def words(value: object) -> tuple[str, ...]:
    """Return the words that somebody looks for, without regard to case; none if there is no search."""
    if value is None:
        return ()
    searched = line("q", value, MAX_SEARCH)
    if not searched:
        raise invalid("q", "give the words to look for, or leave it out")
    return tuple(searched.casefold().split())


def settings(value: object) -> dict[str, Any]:
    """Return a session's settings for its provider."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid("settings", "give an object")
    try:
        json.dumps(value, allow_nan=False)
        encoded = orjson.dumps(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise invalid("settings", f"cannot be stored as JSON: {error}") from None
    if len(encoded) > MAX_SETTINGS_BYTES:
        raise invalid("settings", f"must be at most {MAX_SETTINGS_BYTES} bytes of JSON, not {len(encoded)}")
    return value


def page_limit(value: object, default: int = 100) -> int:
    """Return how many items a page may have."""
    if value is None:
        return default
    limit = value if isinstance(value, int) and not isinstance(value, bool) else _number("limit", value)
    if not 1 <= limit <= MAX_PAGE:
        raise invalid("limit", f"give a number from 1 to {MAX_PAGE}")
    return limit


def offset(field: str, value: object) -> int:
    """Return a stream offset, given as a decimal string or a number; 0 is the beginning."""
    number = value if isinstance(value, int) and not isinstance(value, bool) else _number(field, value)
    if not 0 <= number <= LARGEST_OFFSET:
        raise invalid(field, "give the offset of an entry, or 0 for the beginning")
    return number


def matches(if_match: str | None, revision: int, what: str = "session") -> None:
    """Raise `PreconditionFailed` unless a document with this revision is what `If-Match` was computed from.

    Revisions of all documents and topics come from one growing counter, so whoever has seen a revision at or beyond
    the document's has seen the document as it is (RFC 9110, 13.1.1; weak tags never match).
    """
    if if_match is None:
        return
    given = [tag.strip() for tag in if_match.split(",")]
    if given == ["*"]:
        return
    for tag in given:
        digits = tag[1:-1] if len(tag) > 2 and tag[0] == tag[-1] == '"' else ""
        if not _canonical(digits):
            raise PreconditionFailed(f'If-Match: give the ETag of an earlier answer, such as "{revision}", or *')
        if int(digits) >= revision:
            return
    raise PreconditionFailed(f"the {what} has changed since it was read: read it again and repeat the change")


def digest(*parts: object) -> str:
    """Return what identifies the content of a request."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _within(field: str, model: type[M], value: object) -> M:
    try:
        return parse(model, value)
    except InvalidInput as error:
        wrong = [FieldError(f"{field}.{e.field}", e.message) for e in error.fields]
        raise InvalidInput("; ".join(f"{e.field}: {e.message}" for e in wrong), fields=wrong) from None


def _name(field: str, value: object, longest: int) -> str:
    checked = line(field, value, longest)
    if not checked:
        raise invalid(field, "must not be empty")
    return checked


def _canonical(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and (digits == "0" or digits[0] != "0") and len(digits) <= 20


def _number(field: str, value: object) -> int:
    if not isinstance(value, str) or not _canonical(value):
        raise invalid(field, "give a whole number in decimal digits")
    return int(value)
