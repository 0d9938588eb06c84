"""The processes in which a model runs."""

import psutil


def children() -> list[psutil.Process]:
    """Return the model processes that this test has started."""
    return [child for child in psutil.Process().children() if "local_server.py" in " ".join(child.cmdline())]


def only_child() -> psutil.Process:
    """Return the only one there is."""
    (child,) = children()
    return child
