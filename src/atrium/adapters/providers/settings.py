"""Read a provider's settings: camelCase in the file, an error names the field and what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from atrium.sdk.errors import FieldError, InvalidInput


class ProviderSettings(BaseModel):
    """The base of a provider's section of the configuration; unknown keys are errors."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    enabled: bool = Field(True, description="Whether the provider is offered.")


class SessionSettings(BaseModel):
    """What a session may ask of a model; other keys are left to whoever knows them."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    system_prompt: str | None = Field(None, max_length=100_000)
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None


Parsed = TypeVar("Parsed", bound=BaseModel)


def parse_settings(shape: type[Parsed], settings: Mapping[str, Any], where: str) -> Parsed:
    """Return validated settings, or raise `InvalidInput`; the values never appear in it, they may be secret."""
    try:
        return shape.model_validate(dict(settings))
    except ValidationError as error:
        fields = [
            FieldError(
                ".".join([where, *(str(part) for part in problem["loc"])]), problem["msg"].removeprefix("Value error, ")
            )
            for problem in error.errors(include_url=False, include_input=False, include_context=False)
        ]
    raise InvalidInput("; ".join(f"{field.field}: {field.message}" for field in fields), fields=fields)
