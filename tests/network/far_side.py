"""A real link: a network namespace with one end of a virtual cable, whose other end is here. It can be pulled."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

CLONE_NEWNET = 0x40000000
NETWORK = "198.18.{}.{}"
"""Addresses of RFC 2544, which belong to nobody; the third number is drawn, so that two runs do not meet."""


class FarSide:
    """The namespace: sockets of `new_socket` are at `there`, and reach `address` on this side by the cable alone."""

    def __init__(self, name: str, net: int) -> None:
        self.name = name
        self.address = NETWORK.format(net, 1)
        self.there = NETWORK.format(net, 2)
        self._cable = (f"{name}-n", f"{name}-f")

    def new_socket(self) -> socket.socket:
        """Return a TCP socket that stays in the namespace whoever uses it."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(self._socket_there).result()

    def pull(self) -> None:
        """Take the far end down: what is sent is lost, and nobody is told."""
        self._run("-n", self.name, "link", "set", self._cable[1], "down")

    def plug(self) -> None:
        """Bring the far end up again."""
        self._run("-n", self.name, "link", "set", self._cable[1], "up")

    def make(self) -> None:
        """Make namespace and cable; raises `OSError` where that is not allowed."""
        near, far = self._cable
        self._run("netns", "add", self.name)
        self._run("link", "add", near, "type", "veth", "peer", "name", far)
        self._run("link", "set", far, "netns", self.name)
        self._run("address", "add", f"{self.address}/30", "dev", near)
        self._run("link", "set", near, "up")
        self._run("-n", self.name, "address", "add", f"{self.there}/30", "dev", far)
        self.plug()

    def remove(self) -> None:
        """Remove what there is of it."""
        for command in (("link", "delete", self._cable[0]), ("netns", "delete", self.name)):
            subprocess.run(("ip", *command), capture_output=True, check=False)

    def _socket_there(self) -> socket.socket:
        libc = ctypes.CDLL(None, use_errno=True)
        with Path(f"/run/netns/{self.name}").open("rb") as namespace:
            if libc.setns(namespace.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return socket.socket()

    @staticmethod
    def _run(*command: str) -> None:
        tried = subprocess.run(("ip", *command), capture_output=True, text=True, check=False)
        if tried.returncode:
            raise OSError(f"ip {' '.join(command)}: {tried.stderr.strip()}")


@contextmanager
def far_side() -> Iterator[FarSide]:
    """Make a namespace for as long as the block lasts; where that is not possible the test is skipped."""
    number = uuid.uuid4().int
    side = FarSide(f"atr{number % 10**8}", number % 256)
    try:
        side.make()
        side.new_socket().close()
    except OSError as error:
        side.remove()
        pytest.skip(f"no network namespace can be made here (Linux, iproute2, root): {error}")
    try:
        yield side
    finally:
        side.remove()
