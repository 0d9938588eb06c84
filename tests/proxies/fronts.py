"""nginx and Caddy as people run them, configured as the documentation says; only ports and files differ."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/how-to/behind-a-proxy.md"
NAME = "hub.example"
START_SECONDS = 50.0
PROGRAMS = {"nginx": {"nginx": "nginx-light", "openssl": "openssl"}, "caddy": {"caddy": "caddy"}}
"""What each proxy needs, and the Debian packages that have it."""

NGINX = """\
daemon off;
user root;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    include {folder}/atrium.conf;
}}
"""
CADDY = """\
{{
	admin off
	local_certs
	skip_install_trust
	http_port {http}
	https_port {https}
	storage file_system {folder}/storage
}}
"""
"""Certificates of its own instead of an authority's, and other ports."""


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


TLS = _tls()
"""Takes every certificate: those of the tests are signed by nobody."""


@dataclass(frozen=True, slots=True)
class Front:
    """A proxy that runs: its ports for plain HTTP and for TLS."""

    name: str
    http: int
    https: int


def block(language: str) -> str:
    """Return the one code block of the page in a language."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return str(text)


def find(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def missing(kind: str) -> str | None:
    """Return what to install for a proxy, None if it is all here."""
    packages = [package for program, package in PROGRAMS[kind].items() if find(program) is None]
    return f"no {kind}: apt-get install {' '.join(packages)}" if packages else None


def found(program: str) -> str:
    path = find(program)
    assert path is not None, "; ".join(reason for kind in PROGRAMS if (reason := missing(kind)))
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def nginx(folder: Path, hub: int) -> tuple[Front, list[str]]:
    """Write what nginx needs; return it with its command line."""
    command = found("nginx")
    front = Front("nginx", free_port(), free_port())
    certificate = _certificate(folder)
    site = _replaced(
        block("nginx"),
        {
            "listen 80;": f"listen 127.0.0.1:{front.http};",
            "listen 443 ": f"listen 127.0.0.1:{front.https} ",
            "/etc/ssl/hub.example.crt": f"{certificate}.crt",
            "/etc/ssl/hub.example.key": f"{certificate}.key",
            "127.0.0.1:8080": f"127.0.0.1:{hub}",
        },
    )
    (folder / "atrium.conf").write_text(site)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    return front, [command, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, hub: int) -> tuple[Front, list[str]]:
    """Write what Caddy needs; return it with its command line."""
    command = found("caddy")
    front = Front("caddy", free_port(), free_port())
    options = CADDY.format(http=front.http, https=front.https, folder=folder)
    (folder / "Caddyfile").write_text(options + _replaced(block("caddyfile"), {"127.0.0.1:8080": f"127.0.0.1:{hub}"}))
    return front, [command, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


FRONTS: dict[str, Callable[[Path, int], tuple[Front, list[str]]]] = {"nginx": nginx, "caddy": caddy}


@asynccontextmanager
async def front_before(kind: str, folder: Path, hub: int) -> AsyncIterator[Front]:
    """Run a proxy in front of the hub at a port for as long as the block lasts."""
    folder.mkdir(parents=True)
    front, command = FRONTS[kind](folder, hub)
    said = folder / "said"
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with said.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=output, stderr=output)
    try:
        await _answers(front, process, said)
        yield front
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), START_SECONDS)


async def _answers(front: Front, process: asyncio.subprocess.Process, said: Path) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            assert process.returncode is None, said.read_text()
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", front.https, ssl=TLS, server_hostname=NAME)
            except OSError:
                # Nothing announces that another program listens, and has its certificate.
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return


def _replaced(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        assert text.count(old) == 1, f"{PAGE.name} has {old!r} {text.count(old)} times"
        text = text.replace(old, new)
    return text


def _certificate(folder: Path) -> Path:
    """Make a certificate for the name; return its path without the endings."""
    path = folder / NAME
    command = [found("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    subprocess.run([*command, "-keyout", f"{path}.key", "-out", f"{path}.crt"], check=True, capture_output=True)
    return path
