"""What the repository promises of itself: versions agree, locks have no addresses, the kernel has no domain."""

import io
import keyword
import re
import tokenize
import tomllib
from pathlib import Path

import pytest

import atrium

ROOT = Path(__file__).parents[2]
KERNEL = ROOT / "src/atrium/kernel"
KERNEL_LINES = 1_800
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"^[a-z0-9][a-z0-9._-]*==[^\s]+ .*\\$")
ADDRESS = re.compile(
    r"\w+://|--(?:extra-)?index|--find-links|--trusted-host|@ file|(?<![\w.-])/(?:work|root|home|tmp|opt)/"
)
# Left out are words that have another sense as well: the loop takes a turn, a context variable returns a token.
DOMAIN_NOUNS = frozenset(
    "account agent approval artifact automation browser campaign chat client cookie device dice fastapi gateway http "
    "lamp login notification player project prompt provider session telegram url user websocket workspace".split()
)


def words(source: str) -> set[str]:
    """Return the words that a file's names, strings and comments are made of, in the singular and in lower case."""
    kinds = (tokenize.NAME, tokenize.STRING, tokenize.COMMENT)
    found = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in kinds and not keyword.iskeyword(token.string):
            for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", token.string):
                found |= {word.lower(), word.lower().removesuffix("s")}
    return found


def test_pyproject_and_the_package_agree_on_the_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == atrium.__version__


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_a_lock_pins_by_hash_and_names_no_address(lock: Path) -> None:
    lines = lock.read_text("utf-8").splitlines()
    assert not [line for line in lines if ADDRESS.search(line)]
    pins = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert pins
    assert not [line for line in pins if not PINNED.match(line)]


def test_every_direct_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    wanted = {re.split(r"[^\w.-]", name, maxsplit=1)[0].lower().replace("_", "-") for name in named}
    for lock in ("runtime.txt", "dev.txt"):
        locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements" / lock).read_text("utf-8"), re.M))
        assert wanted <= locked


def test_the_runtime_and_the_development_lock_agree() -> None:
    runtime, dev = ((ROOT / "requirements" / name).read_text("utf-8") for name in ("runtime.txt", "dev.txt"))
    pins = re.compile(r"^([a-z0-9._-]+==[^\s]+)", re.M)
    assert set(pins.findall(runtime)) <= set(pins.findall(dev))


def test_words_are_found_inside_names_strings_and_comments() -> None:
    source = "def open_sessions(): ...\nclass HTTPRoute: ...\nx = 'the user'  # a lamp\n"
    assert {"session", "http", "route", "user", "lamp"} <= words(source)
    assert "use" not in words(source)


@pytest.mark.parametrize("path", sorted(KERNEL.rglob("*.py")), ids=lambda path: path.stem)
def test_the_kernel_knows_no_domain(path: Path) -> None:
    assert words(path.read_text("utf-8")) & DOMAIN_NOUNS == set()


def test_the_kernel_stays_small() -> None:
    lines = {path.name: len(path.read_text("utf-8").splitlines()) for path in KERNEL.rglob("*.py")}
    assert sum(lines.values()) <= KERNEL_LINES, lines


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs/adr"
    records = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [name[:4] for name in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    listed = (folder / "index.md").read_text("utf-8")
    assert [name for name in records if name not in listed] == []
