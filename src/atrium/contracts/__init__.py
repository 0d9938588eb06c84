"""Types of everything that crosses a boundary: the source of the exported schemas in `contracts/`."""
