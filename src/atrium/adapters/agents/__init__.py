"""Programs of agents: recipes that pin a version and its hashes, and the folders they are installed into."""

from atrium.adapters.agents.errors import (
    InstallFailed,
    InstallRunning,
    NoRoomForProgram,
    ProgramMismatch,
    ProgramUnsupported,
    RecipeInvalid,
)
from atrium.adapters.agents.folder import ProgramFolder
from atrium.adapters.agents.recipes import Recipe, find_recipes

__all__ = [
    "InstallFailed", "InstallRunning", "NoRoomForProgram", "ProgramFolder", "ProgramMismatch", "ProgramUnsupported",
    "Recipe", "RecipeInvalid", "find_recipes",
]  # fmt: skip
