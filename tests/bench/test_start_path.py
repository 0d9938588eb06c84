"""What the hub imports to start: everything heavy waits until it is used."""

import os
import subprocess
import sys
from pathlib import Path

HEAVY = frozenset(
    {"anthropic", "grpc", "huggingface_hub", "numpy", "openai", "pydantic_ai", "textual", "torch", "xllamacpp"}
)

START = """
import sys
from pathlib import Path
from atrium.app import daemon
from atrium.app.home import Home
from atrium.app.options import Options

async def ready(hub):
    failed = [row for row in hub.runtime.plugin_manager.describe() if row["status"] != "started"]
    print(failed, *sys.modules, sep="\\n", file=sys.stderr)
    await hub.runtime.service_registry.call("core.shutdown")

raise SystemExit(daemon.run(Home(Path(sys.argv[1])), Options(port=0), ready))
"""


def test_a_started_hub_has_imported_no_model_sdk_and_no_numpy(tmp_path: Path) -> None:
    environment = os.environ | {"ATRIUM_PROVIDERS__ECHO__ENABLED": "true"}
    done = subprocess.run(
        [sys.executable, "-c", START, str(tmp_path)], env=environment, capture_output=True, text=True, check=True
    )
    failed, *modules = done.stderr.splitlines()[-5000:]
    assert failed == "[]"
    assert "atrium.plugins.providers.plugin" in modules
    assert not {name.partition(".")[0] for name in modules} & HEAVY
