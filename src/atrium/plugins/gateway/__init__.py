"""The gateway: the only place with HTTP."""
