"""The kernel: event bus, service registry, state engine, storage and plugin manager; coordination only."""
