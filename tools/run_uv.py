"""Run uv with the package index, certificates and link folders that pip is configured with.

uv does not read pip's configuration. On a machine where only pip is set up, uv has to follow it, and no file of this
repository may name an index: so what pip knows is handed to uv through the environment, at run time. Variables of uv
that are already set win.
"""

import os
import subprocess
import sys
from ast import literal_eval
from collections.abc import Mapping
from pathlib import Path

INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
# Later sections win, as in pip.
SECTIONS = ("global", "install", ":env:")


def parse_pip_config(listing: str) -> dict[str, str]:
    """Return the effective settings in the output of `pip config list`, by option name."""
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listing.splitlines():
        key, separator, value = line.partition("=")
        section, dot, option = key.partition(".")
        if separator and dot and section in found:
            found[section][option] = str(literal_eval(value))
    return {option: value for section in SECTIONS for option, value in found[section].items()}


def uv_environment(pip: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that make uv use what pip uses; those already set in `environ` are left out."""
    derived: dict[str, str] = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "0" if sys.stderr.isatty() else "1"}
    if not any(environ.get(name) for name in INDEX_VARIABLES):
        derived |= _index(pip)
    simple = {"cert": "SSL_CERT_FILE", "client-cert": "SSL_CLIENT_CERT", "default-timeout": "UV_HTTP_TIMEOUT"}
    derived |= {variable: pip[option] for option, variable in simple.items() if pip.get(option)}
    if hosts := pip.get("trusted-host", "").split():
        derived["UV_INSECURE_HOST"] = " ".join(hosts)
    if links := pip.get("find-links", "").split():
        derived["UV_FIND_LINKS"] = ",".join(link for link in links if "://" in link or Path(link).exists())
    return {name: value for name, value in derived.items() if value and not environ.get(name)}


def _index(pip: Mapping[str, str]) -> dict[str, str]:
    if pip.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        return {"UV_NO_INDEX": "1"}
    found = {"UV_DEFAULT_INDEX": pip.get("index-url", "")}
    extra = [url for url in pip.get("extra-index-url", "").split() if _reachable(url)]
    if extra:
        # pip takes the best version of all its indexes; the lock's hashes say which file that may be.
        found |= {"UV_INDEX": " ".join(extra), "UV_INDEX_STRATEGY": "unsafe-best-match"}
    return found


def _reachable(url: str) -> bool:
    return not url.startswith("file://") or Path(url.removeprefix("file://")).is_dir()


def main(arguments: list[str]) -> int:
    """Run uv with `arguments` and return its exit status."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    environ = os.environ | uv_environment(parse_pip_config(listing), os.environ)
    # The environment that this script runs in is the one uv works on.
    environ["VIRTUAL_ENV"] = sys.prefix
    uv = Path(sys.executable).with_name("uv")
    return subprocess.run([str(uv), *arguments], env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
