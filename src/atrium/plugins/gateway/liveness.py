"""When a peer was last heard of, by the kernel's own account."""

from __future__ import annotations

import asyncio
import socket
import struct

TCP_INFO_LAST_ACK = 56
"""The offset of `tcpi_last_ack_recv` (milliseconds ago) in Linux's `struct tcp_info` (linux/tcp.h)."""


def last_acknowledged(transport: asyncio.BaseTransport, loop: asyncio.AbstractEventLoop) -> float:
    """Return the loop time of the peer's last TCP acknowledgement; minus infinity where the system does not tell.

    A client that reads slowly still acknowledges: window probes at least. One whose link is down does not.
    """
    option = getattr(socket, "TCP_INFO", None)
    peer = transport.get_extra_info("socket")
    if option is None or peer is None:
        return float("-inf")
    try:
        info = peer.getsockopt(socket.IPPROTO_TCP, option, TCP_INFO_LAST_ACK + 4)
        milliseconds: int = struct.unpack_from("@I", info, TCP_INFO_LAST_ACK)[0]
    except (OSError, struct.error):
        return float("-inf")
    return loop.time() - milliseconds / 1000
