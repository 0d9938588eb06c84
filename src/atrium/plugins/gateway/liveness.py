"""When a peer was last heard of, by the kernel's own account."""

from __future__ import annotations

import asyncio
import socket
import struct

PROBES, UNACKED, LAST_ACK = 3, 24, 56
"""Offsets in Linux's `struct tcp_info` (linux/tcp.h): unanswered probes of a closed window, segments that were sent and
not acknowledged, and the milliseconds since the last acknowledgement."""


def last_acknowledged(transport: asyncio.BaseTransport, loop: asyncio.AbstractEventLoop) -> float:
    """Return the loop time of the peer's last TCP acknowledgement; minus infinity where the system does not tell.

    A peer that owes none counts as heard just now. One that does not read is probed ever more rarely, up to every two
    minutes, and acknowledges each probe: it is slow, not gone. One whose link is down answers nothing.
    """
    option = getattr(socket, "TCP_INFO", None)
    peer = transport.get_extra_info("socket")
    if option is None or peer is None:
        return float("-inf")
    try:
        info = peer.getsockopt(socket.IPPROTO_TCP, option, LAST_ACK + 4)
        milliseconds: int = struct.unpack_from("@I", info, LAST_ACK)[0]
        unacked: int = struct.unpack_from("@I", info, UNACKED)[0]
    except (OSError, struct.error):
        return float("-inf")
    # A single probe may be on its way.
    if not unacked and info[PROBES] <= 1:
        return loop.time()
    return loop.time() - milliseconds / 1000
