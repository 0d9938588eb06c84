"""`atrium up`: this process becomes the hub, or starts one in the background."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import click

from atrium.app.cli.output import home_option, say
from atrium.app.home import find_home
from atrium.app.options import Options

if TYPE_CHECKING:
    from atrium.app.composition import Hub
    from atrium.app.home import Home

_EPILOG = """\b
Examples:
  atrium up             until Ctrl-C
  atrium up --detach    in the background; `atrium down` stops it
  atrium up --port 0    on a free port; <home>/run/address says which
  atrium up --plugins gateway,sessions,providers

The first Ctrl-C (or SIGTERM) lets running turns finish for at most 30 seconds,
the second ends the hub at once. Nothing that was acknowledged is lost either way.
"""


@click.command(epilog=_EPILOG)
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on; 0 picks a free one. [8080]")
@click.option("--host", metavar="ADDRESS", help="The address to listen on. [127.0.0.1]")
@click.option("--plugins", metavar="NAMES", help="Load only these plugins, separated by commas. [all]")
@click.option("--detach", is_flag=True, help="Start in the background and return once it answers.")
@click.option("--print-login", is_flag=True, help="Print a link that signs the browser in, once.")
@home_option
def up(
    port: int | None, host: str | None, plugins: str | None, detach: bool, print_login: bool, home: str | None
) -> int:
    """Start the hub."""
    place = find_home(home)
    options = Options(host, port, None if plugins is None else _names(plugins))
    if detach:
        return _start_in_background(place, options)
    return _become_the_hub(place, options, print_login)


def _names(plugins: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in plugins.split(",") if name.strip())
    if not names:
        raise click.BadParameter("name at least one plugin, such as gateway,sessions,providers", param_hint="--plugins")
    return names


def _start_in_background(home: Home, options: Options) -> int:
    from atrium.app import background
    from atrium.app.logins import login_link

    pid = background.start(home, options)
    say(f"Atrium runs in the background (process {pid}); `atrium down` stops it.")
    say(f"Open {login_link(home)}")
    return 0


def _become_the_hub(home: Home, options: Options, print_login: bool) -> int:
    gc.disable()  # until it has started: looking for garbage in what is imported took 25 ms of a start of 350
    from atrium.app import daemon

    async def ready(hub: Hub) -> None:
        gateway = hub.gateway
        say(f"Atrium runs{f' at {gateway.address}' if gateway else ''}; Ctrl-C stops it.")
        if print_login and gateway:
            say(f"Open {await hub.login_link()}")

    return daemon.run(home, options, ready)
