"""Settings of the gateway."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from atrium.sdk import Config


class GatewayConfig(Config):
    """Where the gateway listens, who may talk to it, and its limits. Times are seconds, sizes are bytes."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    static_dir: Path | None = None

    ping_interval: float = Field(default=20.0, gt=0)
    heartbeat: float = Field(default=30.0, gt=0)
    write_buffer_limit: int = Field(default=65536, ge=1024)

    max_body_bytes: int = Field(default=1 << 20, ge=1024)
    max_header_bytes: int = Field(default=64 << 10, ge=1024)
    max_frame_bytes: int = Field(default=1 << 20, ge=1024)
    max_subscriptions: int = Field(default=1000, ge=1)
    max_frames_in_flight: int = Field(default=64, ge=1)
    header_timeout: float = Field(default=10.0, gt=0)
    body_timeout: float = Field(default=30.0, gt=0)
    stop_timeout: float = Field(default=3.0, gt=0)

    login_expiry: float = Field(default=30 * 86400, gt=0)
    code_expiry: float = Field(default=300, gt=0)
    ticket_expiry: float = Field(default=30, gt=0)
    code_attempts_per_minute: int = Field(default=30, ge=1)
