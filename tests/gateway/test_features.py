"""What plugins bring into the web page."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrium.sdk import Manifest, NoConfig, Plugin
from tests.gateway.house import House, house_with
from tests.gateway.test_page import build, visitor


class Shop(Plugin[NoConfig]):
    """Brings one feature."""

    manifest = Manifest(name="shop", features=("window",))
    folder: Path

    async def start(self) -> None:
        """Offer the folder."""
        self.context.extensions.contribute("gateway.feature", self.folder, name="window", module="window.js")


@pytest.fixture
def shop(tmp_path: Path) -> type[Shop]:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "window.js").write_text("export default () => ({ routes: [] })")
    (tmp_path / "secret.txt").write_text("do not show")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    Shop.folder = folder
    return Shop


async def visit(house: House, path: str) -> tuple[int, bytes]:
    status, _, body = await house.raw(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\n\r\n".encode())
    return status, body


async def test_a_feature_is_listed_and_its_module_is_served(tmp_path: Path, shop: type[Shop]) -> None:
    async with house_with(shop, static_dir=build(tmp_path / "static")) as house, house.http() as http:
        listed = (await http.get("/features")).json()["data"]
        async with visitor(house) as browser:
            module = await browser.get(listed[0]["module"])
    assert listed == [{"name": "window", "plugin": "shop", "module": "/features/window/window.js"}]
    assert module.headers["content-type"].startswith("text/javascript")
    assert module.headers["cache-control"] == "no-cache"
    assert module.text.startswith("export default")


async def test_a_stopped_plugin_takes_its_feature_along(tmp_path: Path, shop: type[Shop]) -> None:
    async with house_with(shop, static_dir=build(tmp_path / "static")) as house, house.http() as http:
        await house.runtime.plugin_manager.stop_plugin("shop")
        listed = (await http.get("/features")).json()["data"]
        status, _ = await visit(house, "/features/window/window.js")
    assert (listed, status) == ([], 404)


@pytest.mark.parametrize(
    "path",
    [
        "/features/window/none.js",
        "/features/none/window.js",
        "/features/window/link.txt",
        "/features/window/../secret.txt",
        "/features/window/%2e%2e/secret.txt",
        "/features/window/..%2fsecret.txt",
        "/features/window//etc/hostname.txt",
        "/features/window/%00.js",
    ],
)
async def test_nothing_outside_the_folder_is_served(tmp_path: Path, shop: type[Shop], path: str) -> None:
    async with house_with(shop, static_dir=build(tmp_path / "static")) as house:
        status, body = await visit(house, path)
    assert status == 404
    assert b"do not show" not in body
