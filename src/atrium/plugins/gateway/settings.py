"""Settings of the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, IPvAnyNetwork

from atrium.plugins.gateway.hosts import web_address
from atrium.sdk import Config


class GatewayConfig(Config):
    """Where the gateway listens, who may talk to it, and its limits. Times are seconds, sizes are bytes."""

    host: str = "127.0.0.1"
    """The address to listen on; set by `core.host`."""

    port: int = Field(default=8080, ge=0, le=65535)
    """The port to listen on; set by `core.port`."""

    public_url: Annotated[str, AfterValidator(web_address)] | None = None
    """The address at which others reach the hub (`https://hub.example`): in login links and `wsUrl`, and allowed."""

    allowed_hosts: tuple[str, ...] = ()
    """Names, besides the loopback ones, under which the hub may be addressed (`hub.example:8080`); others get 421."""

    allowed_origins: tuple[str, ...] = ()
    """Origins of other pages that may call the hub (`https://example.com`); others get 403."""

    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """Proxies (`127.0.0.1`, `10.0.0.0/8`) that are believed who the client is, and that it uses `https`; no others."""

    static_dir: Path | None = None
    """The folder of the built web page; the one that ships with the hub if not given."""

    ping_interval: float = Field(default=20.0, gt=0)
    """Between two pings of a WebSocket; a client that is silent for two of them is cut."""

    heartbeat: float = Field(default=30.0, gt=0)
    """Between two heartbeats of an event stream."""

    write_buffer_limit: int = Field(default=65536, ge=1024)
    """What may wait for one client before it is behind, and the largest snapshot that comes with an invalidation."""

    write_buffer_budget: int = Field(default=256 << 20, ge=1 << 20)
    """What may wait for all clients together; with many connections each gets an equal part of it, 4 KiB at least."""

    max_body_bytes: int = Field(default=1 << 20, ge=1024)
    """The largest body of a request."""

    max_header_bytes: int = Field(default=64 << 10, ge=1024)
    """The largest head of a request."""

    max_frame_bytes: int = Field(default=1 << 20, ge=1024)
    """The largest frame of a WebSocket."""

    max_fragments: int = Field(default=4096, ge=1)
    """In how many fragments one message of a WebSocket may come; beyond that it is closed with 1008."""

    max_subscriptions: int = Field(default=1000, ge=1)
    """How many topics and streams one WebSocket may follow."""

    max_frames_in_flight: int = Field(default=64, ge=1)
    """How many frames of one WebSocket may wait to be handled before reading pauses."""

    header_timeout: float = Field(default=10.0, gt=0)
    """How long the head of a request may take."""

    body_timeout: float = Field(default=30.0, gt=0)
    """How long the body of a request may take."""

    stop_timeout: float = Field(default=3.0, gt=0)
    """How long connections may take to end when the hub stops."""

    login_expiry: float = Field(default=30 * 86400, gt=0)
    """How long a browser stays signed in after its last visit."""

    code_expiry: float = Field(default=300, gt=0)
    """How long a one-time login code works."""

    ticket_expiry: float = Field(default=30, gt=0)
    """How long a WebSocket ticket works."""

    code_attempts_per_minute: int = Field(default=30, ge=1)
    """How many login codes one address may try in a minute, right or wrong; all together ten times as many."""

    requests_per_second: float = Field(default=1000.0, gt=0)
    """How many requests one login, or the token, may send on the average; 20 seconds' worth at once. Then 429."""

    frames_per_second: float = Field(default=1000.0, gt=0)
    """How many WebSocket frames one login, or the token, may send; likewise. Then an `error` frame."""

    strangers_per_second: float = Field(default=100.0, gt=0)
    """How many requests without a login one address may send, files of the page among them; likewise. Then 429."""
