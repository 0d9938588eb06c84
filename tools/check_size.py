"""Hold files and functions to the sizes that the contributing guide names."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

FILE_LINES = 400
FUNCTION_LINES = 50
SUFFIXES = (".py", ".ts", ".tsx")
SKIPPED = {"node_modules", "dist", "static", "__pycache__", "_pb2"}


@dataclass(frozen=True)
class Function:
    """A function's place and its length in lines, decorators not counted."""

    path: Path
    line: int
    name: str
    length: int


def source_files(roots: list[Path]) -> Iterator[Path]:
    """Yield the source files below `roots` that people write, in order."""
    for root in roots:
        candidates = [root] if root.is_file() else sorted(root.rglob("*"))
        for path in candidates:
            if path.suffix in SUFFIXES and not SKIPPED.intersection(path.parts):
                yield path


def functions(path: Path, source: str) -> Iterator[Function]:
    """Yield every function of a Python file."""
    for node in ast.walk(ast.parse(source, str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(path, node.lineno, node.name, (node.end_lineno or node.lineno) - node.lineno + 1)


def complaints(path: Path, source: str) -> Iterator[str]:
    """Yield one line for each limit that a file breaks."""
    lines = len(source.splitlines())
    if lines > FILE_LINES:
        yield f"{path}: {lines} lines, at most {FILE_LINES}: split it by what it is about"
    if path.suffix == ".py":
        for function in functions(path, source):
            if function.length > FUNCTION_LINES:
                yield f"{path}:{function.line}: {function.name}: {function.length} lines, at most {FUNCTION_LINES}"


def summary(lengths: list[int]) -> str:
    """Return the spread of the functions' lengths in one line."""
    if len(lengths) < 2:
        return f"{len(lengths)} functions"
    return f"{len(lengths)} functions: median {median(lengths):g} lines, p90 {quantiles(lengths, n=10)[-1]:g}"


def main(roots: list[str]) -> int:
    """Check the files below `roots`; return 1 if a limit is broken."""
    sources = {path: path.read_text("utf-8") for path in source_files([Path(root) for root in roots])}
    broken = [line for path, source in sources.items() for line in complaints(path, source)]
    lengths = [f.length for path, source in sources.items() if path.suffix == ".py" for f in functions(path, source)]
    print("\n".join([*broken, f"{len(sources)} files, {summary(lengths)}"]))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
