"""Recipes: what an agent's program is, which packages it is made of, and what it needs to run.

A recipe is a folder with `recipe.json` and, for a program that npm can fetch, `package.json` and `package-lock.json`,
which pins every package by its hash. Recipes ship with Atrium; one in `<home>/recipes/<id>/` takes the place of it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from atrium.adapters.agents.errors import RecipeInvalid
from atrium.contracts.phrases import Phrase
from atrium.sdk.phrases import Text

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent / "shipped"
LOCK_FILE, PACKAGE_FILE, RECIPE_FILE = "package-lock.json", "package.json", "recipe.json"

_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_VERSION = r"^[0-9][0-9A-Za-z.+-]{0,60}$"


class Recipe(BaseModel):
    """How one program is had and started; `size` in bytes when installed, `node` is the oldest Node it runs on."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    id: str = ""
    folder: Path = Path()
    name: str
    about: str
    licence: str
    homepage: str
    package: str | None = None
    version: Annotated[str, Field(pattern=_VERSION)] | None = None
    command: Annotated[tuple[str, ...], Field(min_length=1)]
    node: str | None = None
    platforms: tuple[str, ...] = ()
    size: int = Field(0, ge=0)
    variables: tuple[str, ...] = ()
    """Variables of the hub that its process is given where they are set: its own keys, nobody else's."""
    env: dict[str, str] = Field(default_factory=dict)
    mode: str | None = None
    outside_temporary: bool = False
    """Whether it does not work with a home below the folder for temporary files."""

    @property
    def told(self) -> str:
        """Return `about`, as a phrase where the recipe ships with Atrium: `recipe.<id>`."""
        known = Phrase(code=f"recipe.{self.id}")
        return Text(self.about, known) if self.folder.parent == SHIPPED else self.about

    @property
    def digest(self) -> str:
        """Return what stands for exactly these packages: SHA-256 of the lock."""
        return hashlib.sha256((self.folder / LOCK_FILE).read_bytes()).hexdigest()


def find_recipes(home: Path) -> dict[str, Recipe]:
    """Return all recipes by id; one of the home that cannot be read is left out, and the log says why."""
    found: dict[str, Recipe] = {}
    for place in (SHIPPED, home / "recipes"):
        for file in sorted(place.glob(f"*/{RECIPE_FILE}")):
            try:
                found[file.parent.name] = read_recipe(file.parent)
            except RecipeInvalid as error:
                log.warning("%s", error)
    return found


def read_recipe(folder: Path) -> Recipe:
    """Return the recipe in a folder, or raise `RecipeInvalid`, which names the file and what is wrong with it."""
    file = folder / RECIPE_FILE
    try:
        data: Any = json.loads(file.read_text("utf-8"))
        recipe = Recipe.model_validate({**data, "id": folder.name, "folder": folder})
    except (OSError, ValueError, TypeError) as error:
        raise RecipeInvalid(f"{file}: {_reason(error)}") from error
    if not _ID.fullmatch(folder.name):
        raise RecipeInvalid(f"{folder}: name the folder with lower-case letters, digits, - and _, at most 40")
    if recipe.package is not None and recipe.version is None:
        raise RecipeInvalid(f"{file}: `version` is missing, which a program from a package needs")
    return recipe


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in problems)
    return str(error)
