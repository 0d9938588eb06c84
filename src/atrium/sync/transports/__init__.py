"""Transports that come with the library."""
