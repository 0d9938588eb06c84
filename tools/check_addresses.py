"""Find what only holds on one machine: addresses of package registries and paths of somebody's disk."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

FORBIDDEN = {
    "the address of a package registry": re.compile(
        r"\b(pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|npmmirror\.com|yarnpkg\.com|deb\.debian\.org)\b", re.I
    ),
    "the address of a package index": re.compile(
        r"(--(?:extra-)?index(?:-url)?|--registry|\bregistry ?=)[ =]+[\"']?\w+://|\"resolved\": *\"https?:"
    ),
    "a path of one machine": re.compile(r"(?<![\w./~-])/(?:work|root|opt/pypi|opt/wheels|Users/\w+)/|/tmp/[b]ash_jobs"),
}
# Attack strings name such paths on purpose.
CORPORA = ("tests/corpora/",)


def complaints(path: str, text: str) -> Iterator[str]:
    """Yield one line for each forbidden thing in a file."""
    for number, line in enumerate(text.splitlines(), start=1):
        for name, pattern in FORBIDDEN.items():
            if match := pattern.search(line):
                yield f"{path}:{number}: {name}: {match.group()}"


def committed_files() -> list[str]:
    """Return the files that are in the repository, or about to be."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [name for name in listing.split("\0") if name and not name.startswith(CORPORA) and Path(name).is_file()]


def text_of(path: Path) -> str:
    """Return a file's text, or nothing if it is binary."""
    content = path.read_bytes()
    return "" if b"\0" in content[:8192] else content.decode("utf-8", "replace")


def main() -> int:
    """Check every committed file; return 1 if something is found."""
    found = [line for name in committed_files() for line in complaints(name, text_of(Path(name)))]
    print("\n".join(found) if found else "No addresses of registries, no paths of one machine")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
