"""Who calls."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller: a person, and the client program through which they act.

    `space` is the caller's own space (`user/<id>`); an access check may turn the principal into another one.
    """

    user: str
    client: str
    roles: frozenset[str] = field(default_factory=frozenset)
    scopes: frozenset[str] = field(default_factory=frozenset)

    @property
    def space(self) -> str:
        """Return the space that holds what this person owns."""
        return f"user/{self.user}"

    def to_json(self) -> dict[str, str]:
        """Return what is stored of the caller beside work that is done later in their name."""
        return {"user": self.user, "client": self.client}

    @classmethod
    def from_json(cls, data: dict[str, str]) -> Principal:
        """Return the principal that `to_json` described, without roles: rights are looked up when work runs."""
        return cls(user=data["user"], client=data["client"])
