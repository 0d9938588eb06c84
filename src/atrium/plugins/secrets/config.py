"""Settings of the secrets plugin."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from atrium.sdk import Config


class SecretsConfig(Config):
    """Where keys and passwords are kept."""

    store: Literal["auto", "keyring", "file"] = Field(
        "auto",
        description="The system's keyring, an encrypted file in the home, or whichever there is at the first secret.",
    )
