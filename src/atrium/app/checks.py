"""What `atrium doctor` looks at: each check says what it found, and what to do if that is not well."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from atrium import __version__
from atrium.app import open_files
from atrium.app.home import Home
from atrium.app.lock import holder
from atrium.sdk.findings import Finding, Level

LOW_DISK, NO_DISK = 1 << 30, 100 << 20
NODE_MAJOR = 20


def examine(home: Home) -> Iterator[Finding]:
    """Yield a finding for each check; one that cannot be made is itself a finding."""
    for name, check in _checks(home):
        try:
            yield from check()
        except OSError as error:
            yield Finding(name, "warn", f"could not be checked: {error}")


def _checks(home: Home) -> list[tuple[str, Callable[[], Iterator[Finding]]]]:
    return [
        ("python", _python),
        ("sqlite", _sqlite),
        ("home", lambda: _home(home)),
        ("disk", lambda: _disk(home)),
        ("files", lambda: _files(home)),
        ("settings", lambda: _settings(home)),
        ("secrets", lambda: _secrets(home)),
        ("plugins", lambda: _plugins(home)),
        ("sessions", lambda: _transcripts(home)),
        ("hub", lambda: _hub(home)),
        ("page", _page),
        ("engine", _engine),
        ("model", lambda: _model(home)),
    ]


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", "ok", f"Atrium {__version__} on Python {version}")


def _sqlite() -> Iterator[Finding]:
    from atrium.adapters.storage.sqlite import sqlite_version_problem

    problem = sqlite_version_problem()
    if problem:
        yield Finding("sqlite", "fail", problem, "pip install --upgrade apsw")
        return
    import apsw

    yield Finding("sqlite", "ok", f"SQLite {apsw.sqlite_lib_version()}")


def _home(home: Home) -> Iterator[Finding]:
    if not home.root.exists():
        yield _future_home(home)
        return
    state = home.root.stat()
    if not home.root.is_dir():
        yield Finding("home", "fail", f"{home.root} is not a folder", "choose another home with --home or ATRIUM_HOME")
    elif state.st_uid != os.getuid():
        step = f"chown -R {os.getuid()} {home.root}, or choose another home with ATRIUM_HOME"
        yield Finding("home", "fail", f"{home.root} belongs to another user", step)
    elif stat.S_IMODE(state.st_mode) & 0o077:
        yield Finding("home", "warn", f"{home.root} is open to other users", f"chmod 700 {home.root}")
    elif not os.access(home.root, os.W_OK | os.X_OK):
        yield Finding("home", "fail", f"{home.root} cannot be written to", f"chmod 700 {home.root}")
    else:
        yield Finding("home", "ok", f"{home.root}, for its owner alone")


def _future_home(home: Home) -> Finding:
    place = _nearest(home)
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return Finding("home", "ok", f"{home.root} does not exist yet; `atrium up` creates it")
    why = "cannot be written to" if place.is_dir() else "is not a folder"
    step = "choose another home with --home or ATRIUM_HOME"
    return Finding("home", "fail", f"{home.root} cannot be created: {place} {why}", step)


def _nearest(home: Home) -> Path:
    """Return the home, or of the folders above it the first that is there."""
    return next(folder for folder in (home.root, *home.root.parents) if folder.exists())


def _disk(home: Home) -> Iterator[Finding]:
    place = _nearest(home)
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:.1f} GB free at {place}"
    if free < NO_DISK:
        yield Finding("disk", "fail", text, "free at least 1 GB: without room nothing new can be stored")
    elif free < LOW_DISK:
        yield Finding("disk", "warn", text, "free at least 1 GB")
    else:
        yield Finding("disk", "ok", text)


def _files(home: Home) -> Iterator[Finding]:
    limit = open_files.limit_of(holder(home.lock))
    if limit >= open_files.ENOUGH:
        yield Finding("files", "ok", "as many may be open as ten thousand clients need")
    else:
        step = "raise the hard limit where the hub is started: ulimit -Hn, or LimitNOFILE= of a systemd service"
        yield Finding("files", "warn", f"only {limit} may be open: that many clients at most", step)


def _settings(home: Home) -> Iterator[Finding]:
    from atrium.app.config import ConfigInvalid, load
    from atrium.app.sections import config_sections

    try:
        settings = load(home, config_sections(home), os.environ)
    except ConfigInvalid as error:
        for problem in error.problems:
            yield Finding("settings", "fail", str(problem), "correct it, then: atrium config check")
        return
    yield Finding("settings", "ok", f"{home.config}" if home.config.exists() else "all defaults")
    yield from _port(home, settings.core.host, settings.core.port)


def _port(home: Home, host: str, port: int) -> Iterator[Finding]:
    if port == 0 or holder(home.lock) is not None:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
            probe.listen(1)
        except OSError as error:
            step = "stop the program that uses it, or choose another: atrium up --port, or core.port in the settings"
            yield Finding("port", "fail", f"{host}:{port} cannot be had: {error.strerror}", step)
            return
    yield Finding("port", "ok", f"{host}:{port} is free")


def _secrets(home: Home) -> Iterator[Finding]:
    """Read one secret, which shows whether all can be. The hub may have a key that is not here: that is no failure."""
    from atrium.app.config import ConfigInvalid
    from atrium.app.secret_store import secret_store
    from atrium.sdk.secrets import SecretsDamaged, SecretsUnavailable

    try:
        store = secret_store(home)
        names = [info.name for info in asyncio.run(store.list())]
        if names:
            asyncio.run(store.get(names[0]))
    except ConfigInvalid:
        return  # a finding of its own
    except SecretsUnavailable as error:
        level: Level = "fail" if isinstance(error, SecretsDamaged) else "warn"
        yield Finding("secrets", level, error.title(), error.detail)
    else:
        yield Finding("secrets", "ok", f"{len(names)} in {store.place}" if names else "none are set")


def _plugins(home: Home) -> Iterator[Finding]:
    from atrium.app.plugin_classes import load_classes
    from atrium.app.plugin_sources import all_sources

    loaded = load_classes(all_sources(home.plugins))
    for one in loaded:
        if one.plugin is None:
            step = f"correct it, or remove it from {home.plugins}" if one.source.origin == "file" else "reinstall it"
            yield Finding("plugins", "fail", f"{one.name} cannot be loaded: {one.reason}", step)
    yield Finding("plugins", "ok", f"{sum(one.plugin is not None for one in loaded)} can be loaded")


def _transcripts(home: Home) -> Iterator[Finding]:
    from atrium.plugins.sessions.transcript_file import damaged_folder, examine

    folder = home.root / "sessions"
    paths = sorted(folder.glob("*.jsonl"))
    damaged = [path for path in paths if examine(path).damaged]
    for path in damaged:
        step = "atrium restart: it is set aside and written anew from the database"
        yield Finding("sessions", "warn", f"the transcript {path} is damaged", step)
    for copy in sorted(damaged_folder(folder).glob("*.jsonl")):
        step = "the hub has written it anew; remove the copy when you do not need it"
        yield Finding("sessions", "warn", f"a transcript was damaged: {copy}", step)
    yield Finding("sessions", "ok", f"{len(paths) - len(damaged)} transcripts are whole")


def _hub(home: Home) -> Iterator[Finding]:
    running = holder(home.lock)
    if running is None:
        yield Finding("hub", "ok", "does not run; `atrium up` starts it")
    else:
        yield Finding("hub", "ok", f"runs as process {running or '(unknown)'}")


def _page() -> Iterator[Finding]:
    spec = find_spec("atrium.plugins.gateway")
    folders = list(spec.submodule_search_locations or []) if spec else []
    if any(os.path.exists(os.path.join(folder, "static", "index.html")) for folder in folders):
        yield Finding("page", "ok", "the web page is built")
    else:
        yield Finding("page", "warn", "the web page is not built", "make web (it needs Node 20); all else works")
        yield from _node()


def _node() -> Iterator[Finding]:
    node = shutil.which("node")
    if node is None:
        yield Finding("node", "warn", "Node is not installed", "install Node 20 or newer to build the web page")
        return
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=10, check=False)
    version = answer.stdout.strip().removeprefix("v")
    if version.split(".")[0].isdigit() and int(version.split(".")[0]) >= NODE_MAJOR:
        yield Finding("node", "ok", f"Node {version}")
    else:
        yield Finding(
            "node", "warn", f"Node {version or '(unknown)'}", "install Node 20 or newer to build the web page"
        )


def _engine() -> Iterator[Finding]:
    if find_spec("xllamacpp") is None:
        step = 'pip install "atrium-hub[local]"'
        yield Finding("engine", "warn", "xllamacpp is not installed: no model can run on this machine", step)
    else:
        yield Finding("engine", "ok", "xllamacpp is installed")


def _model(home: Home) -> Iterator[Finding]:
    from atrium.adapters.models import ModelStore

    wanted = _configured_model(home)
    if wanted.endswith(".gguf"):
        here = Path(wanted).expanduser().is_file()
        step = "correct providers.local.model in the settings"
    else:
        here, step = ModelStore(home.root).find(wanted) is not None, f"atrium models pull {wanted}"
    yield Finding("model", "ok", f"{wanted}: here") if here else Finding("model", "warn", f"{wanted} is not here", step)


def _configured_model(home: Home) -> str:
    """Return the model that the settings name; the default if they are not valid, which is a finding of its own."""
    from atrium.adapters.providers.local import LocalSettings
    from atrium.app.config import ConfigInvalid, load
    from atrium.app.sections import config_sections

    try:
        section = load(home, config_sections(home), os.environ).section("providers")
    except ConfigInvalid:
        return LocalSettings().model
    return LocalSettings.model_validate(section.get("local", {})).model
