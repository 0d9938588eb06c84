"""Hold the packages that everything stands on to a floor of covered branches."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FLOOR = 90.0
PACKAGES = (
    "atrium.kernel",
    "atrium.sync",
    "atrium.plugins.sessions",
    "atrium.plugins.gateway",
    "atrium.plugins.approvals",
    "atrium.plugins.providers",
    "atrium.plugins.usage",
    "atrium.adapters.agents",
    "atrium.adapters.providers",
)


@dataclass(frozen=True)
class Coverage:
    """What of a package the tests ran: covered and all, lines and branches separately."""

    lines: int
    all_lines: int
    branches: int
    all_branches: int

    @property
    def percent(self) -> float:
        """Return covered lines and branches together, in percent, as `coverage report` counts them."""
        total = self.all_lines + self.all_branches
        return 100.0 * (self.lines + self.branches) / total if total else 100.0

    @property
    def branch_percent(self) -> float:
        """Return covered branches in percent."""
        return 100.0 * self.branches / self.all_branches if self.all_branches else 100.0


def package_coverage(report: Mapping[str, Any], package: str) -> Coverage | None:
    """Return the coverage of one package in a report of `coverage json`, or None if no file of it is there."""
    folder = "/" + package.replace(".", "/") + "/"
    found = [entry["summary"] for path, entry in report["files"].items() if folder in "/" + path.replace("\\", "/")]
    if not found:
        return None
    names = ("covered_lines", "num_statements", "covered_branches", "num_branches")
    return Coverage(*(sum(summary[name] for summary in found) for name in names))


def main(arguments: list[str]) -> int:
    """Print the packages' coverage from the report in `arguments`; return 1 if one is below the floor."""
    report = json.loads(Path(arguments[0]).read_text("utf-8"))
    failed = False
    for package in PACKAGES:
        coverage = package_coverage(report, package)
        if coverage is None:
            continue
        low = min(coverage.percent, coverage.branch_percent) < FLOOR
        failed = failed or low
        verdict = f"below {FLOOR:g} %" if low else "ok"
        print(f"{package:26} all {coverage.percent:5.1f} %  branches {coverage.branch_percent:5.1f} %  {verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
