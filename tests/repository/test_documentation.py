"""The documents are what the code says, and whatever people use is described and tested."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from atrium.app.cli.entry import cli
from atrium.plugins.gateway.routes import wire_path
from tools import reference

ROOT = Path(__file__).parents[2]
PAGES = reference.pages()
TESTS = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py") if "repository" not in path.parts)


def offered(point: str, option: str) -> list[str]:
    """Return what the bundled plugins offer at an extension point, by one of its options."""
    return sorted(
        {
            str(offer.options[option])
            for plugin in reference.bundled_plugins()
            for _, method in inspect.getmembers(plugin, callable)
            for offer in getattr(method, "__offers__", ())
            if offer.point == point
        }
    )


def commands() -> list[str]:
    return [path for path, _, _ in reference.commands_of(cli, "atrium", None) if path != "atrium"]


def settings() -> Iterator[str]:
    for line in PAGES["settings.md"].splitlines():
        if found := re.match(r"\| `([\w.]+)` \|", line):
            yield found[1]


def entry_types() -> list[str]:
    return re.findall(r"^## ([a-z.]+\.v\d+)", PAGES["entries.md"], re.M)


@pytest.mark.parametrize("page", list(PAGES))
def test_the_reference_is_current(page: str) -> None:
    written = (ROOT / reference.FOLDER / page).read_text("utf-8")
    assert written == reference.as_written(PAGES[page]), "write it anew with  make reference"


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").rglob("*.md")))
def test_every_page_is_in_the_navigation(page: str) -> None:
    assert page == "template.md" or page in (ROOT / "mkdocs.yml").read_text("utf-8")


@pytest.mark.parametrize("name", offered("kernel.service", "name"))
def test_every_service_is_described_and_tested(name: str) -> None:
    assert f"`{name}`" in PAGES["interface.md"]
    assert any(spelling in TESTS for spelling in (f'"{name}"', f".{name.partition('.')[2]}("))


@pytest.mark.parametrize("path", offered("gateway.route", "path"))
def test_every_route_is_described_and_tested(path: str) -> None:
    assert f" {wire_path(path)}`" in PAGES["interface.md"]
    fixed = re.escape((path.rpartition("{")[0] if path.endswith("}") else path).rpartition("}")[2])
    assert re.search(rf"{fixed}[\"?{{]" if path.endswith("}") else rf"{fixed}[\"?]", TESTS)


@pytest.mark.parametrize("name", offered("gateway.frame", "type"))
def test_every_frame_is_described_and_tested(name: str) -> None:
    assert f"`{name}`" in PAGES["interface.md"]
    assert f'"{name}"' in TESTS


@pytest.mark.parametrize("name", entry_types())
def test_every_event_is_tested(name: str) -> None:
    short = name.removeprefix("sessions.").removesuffix(".v1")
    kinds = "".join(word.capitalize() for word in short.split("."))
    assert any(spelling in TESTS for spelling in (name, f'"{short}"', kinds))


@pytest.mark.parametrize("key", list(settings()))
def test_every_setting_is_tested(key: str) -> None:
    name = key.rpartition(".")[2]
    snake = re.sub(r"(?=[A-Z])", "_", name).lower()
    assert any(spelling in TESTS for spelling in (f'"{name}"', f"{snake}=", f'{snake}"', f"__{snake.upper()}"))


@pytest.mark.parametrize("path", commands())
def test_every_command_is_described_and_tested(path: str) -> None:
    assert f"## {path}\n" in PAGES["commands.md"]
    words = ", ".join(f'"{word}"' for word in path.split()[1:])
    assert words in TESTS
