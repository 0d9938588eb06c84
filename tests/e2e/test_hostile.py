"""Hostile content is inert, and nothing in the address makes the page trust anybody or give anything away."""

import json
import re
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.app.terminal import terminal
from tests.e2e.marks import IN_BROWSER, SHARED
from tests.e2e.screens import Screen, hub_at, login_link, new_session, screen_of
from tests.e2e.stage import HOSTILE_TEXT
from tests.faults.daemon import Daemon

pytestmark = [SHARED, *IN_BROWSER]

TITLE = "<img src=x onerror=\"window.pwned='title'\"> \u202etxt.exe <script>window.pwned='title'</script>"
SCRIPTED = re.compile(r"^\s*(javascript|data|vbscript|file|blob):", re.IGNORECASE)


async def is_unharmed(screen: Screen) -> None:
    """Check that no script ran, nobody else was asked, no policy was even tried, and nothing dangerous is there."""
    assert await screen.page.evaluate("window.pwned") is None
    assert screen.foreign() == []
    assert screen.complaints == []
    links = await screen.page.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href') ?? '')")
    assert [link for link in links if SCRIPTED.match(link)] == []
    for name in ("script:not([src])", "iframe", "style[media]", "base", "object", "embed"):
        assert await screen.page.locator(f'[data-testid="conversation"] {name}').count() == 0
    assert await screen.page.locator('[data-testid="conversation"] img').count() == 0
    assert await screen.page.locator("[onerror], [onload]").count() == 0


async def test_hostile_content_is_inert(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann:
        session_id = await new_session(daemon, HOSTILE_TEXT, "hostile", title=TITLE)
        await ann.sign_in(f"/sessions/{session_id}")
        await expect(ann.messages("assistant").last).to_have_attribute("data-complete", "true")
        await ann.answers(re.compile("survived"))
        await expect(ann.items().first).to_contain_text("<img src=x")
        await is_unharmed(ann)
        await expect(ann.messages("assistant").last.locator("math msup")).to_have_count(2)
        await expect(ann.page.locator(".hljs-string").first).to_be_attached()
        await ann.part("thinking").first.locator("summary").click()
        for line in await ann.part("tool-run").all():
            await line.locator("summary").first.click()
        for tool in await ann.part("tool-call").all():
            await tool.locator("summary").first.click()
            await expect(tool).to_contain_text("onerror")
        await ann.part("plan-line").locator("summary").click()
        await expect(ann.part("plan-line")).to_contain_text("onerror")
        await ann.picture("hostile")
        await is_unharmed(ann)
        for link in await ann.page.locator('[data-testid="conversation"] a[href]').all():
            assert await link.get_attribute("rel") == "noopener noreferrer"
        await ann.part("rename").click()
        await expect(ann.part("rename-input")).to_have_value(TITLE)
        await ann.page.keyboard.press("Escape")
        await ann.part("delete").click()
        await expect(ann.part("notice")).to_contain_text("<img src=x")
        assert "\u202e" not in await ann.part("notice").inner_text()
        assert "\u202e" not in await ann.page.title()
        await ann.picture("hostile notice")
        await is_unharmed(ann)


ROOMS = '''
"""A plugin file whose features have hostile names and words."""

from atrium.sdk import Manifest, NoConfig, Plugin

NAME = """HOSTILE_NAME"""


class Rooms(Plugin[NoConfig]):
    """Brings rooms."""

    manifest = Manifest(name="rooms", description=NAME)

    async def start(self):
        """Offer them."""
        folder = self.context.home / "rooms"
        self.context.extensions.contribute("gateway.feature", folder, name=NAME, module="missing.js")
        self.context.extensions.contribute("gateway.feature", folder, name="words")
'''
NAME = "<img src=x onerror=window.pwned='name'> \u202etxt"
WORDS = """
const words = () => "<img src=x onerror=window.pwned='words'>";
const room = () => { throw new Error(words()) };
export default (shell) => ({
  routes: [{ paths: ["/words"], room }],
  navigation: { path: "/words", label: words, icon: [] },
  commands: [{ id: words(), label: words, keys: words(), run: () => { throw new Error(words()) } }],
});
"""


async def test_hostile_names_of_features_and_tags_are_inert(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    (home / "plugins/rooms.py").write_text(ROOMS.replace("HOSTILE_NAME", NAME), "utf-8")
    (home / "rooms").mkdir()
    (home / "rooms/index.js").write_text(WORDS, "utf-8")
    async with hub_at(home) as daemon, screen_of(browser, daemon) as ann:
        session_id = await new_session(daemon, "peas", title="Tagged")
        async with daemon.http() as http:
            tags = {"metadata": {"tags": ["<img src=x onerror=window.pwned=1>", '"><script>window.pwned=2</script>']}}
            assert (await http.patch(f"/sessions/{session_id}", json=tags)).status_code == 200
        await ann.sign_in()
        await expect(ann.item("Tagged")).to_be_visible()
        await expect(ann.part("notice").first).to_contain_text("<img src=x")
        await ann.page.get_by_role("navigation").locator('a[href="/words"]').click()
        await expect(ann.part("failed-feature")).to_contain_text("onerror")
        await ann.page.keyboard.press("Control+k")
        await ann.part("palette").get_by_role("combobox").fill("onerror")
        await ann.page.keyboard.press("Enter")
        await expect(ann.part("notice").last).to_contain_text("words")
        await ann.page.get_by_role("link", name="Settings").click()
        await expect(ann.part("failed-rooms")).to_contain_text("onerror")
        assert await ann.page.evaluate("window.pwned") is None
        assert ann.foreign() == []
        assert await ann.page.locator("[onerror], img").count() == 0
        policy = [said for said in ann.complaints if "404" not in said and "Failed to load resource" not in said]
        assert policy == []


async def test_the_policy_stops_what_the_page_would_let_through(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann:
        await ann.sign_in()
        async with daemon.http() as http:
            policy = (await http.get(f"{daemon.url}/")).headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
        await ann.page.evaluate("""() => {
            const made = document.createElement("div");
            made.innerHTML = "<img src=x onerror=window.pwned=1><style>body { display: none }</style>";
            const script = document.createElement("script");
            script.textContent = "window.pwned = 'script'";
            const foreign = Object.assign(document.createElement("script"), { src: "https://evil.example/x.js" });
            document.body.append(made, script, foreign);
        }""")
        await expect(ann.part("new-session")).to_be_visible()
        assert await ann.page.evaluate("window.pwned") is None
        assert await ann.page.evaluate("getComputedStyle(document.body).display") == "block"
        assert any("Content Security Policy" in said for said in ann.complaints)


async def test_hostile_content_is_inert_in_terminal_and_logs(daemon: Daemon) -> None:
    session_id = await new_session(daemon, HOSTILE_TEXT, "hostile", title="\u202eevil title")
    async with terminal("chat", session_id, home=daemon.home) as shell:
        await shell.until("survived")
        shell.type("enough\r")
        await shell.until("enough")
        assert "\x1b]0;" not in shell.shown
        assert "\x07" not in shell.shown
        assert "\u202e" not in shell.shown
    async with daemon.http() as http:
        for path in ("/sessions/evil%0a%1b[31m", f"/sessions/{session_id}%0d%0aSet-Cookie:x=1", "/topics/a%0ab"):
            answer = await http.get(path)
            assert answer.status_code in {400, 404, 422}
            assert "set-cookie" not in answer.headers
    for line in (daemon.home / "logs" / "atrium.log").read_text("utf-8").splitlines():
        json.loads(line)
    assert "\x1b" not in (daemon.home / "logs" / "atrium.log").read_text("utf-8")
    assert "\x1b" not in daemon.output()


ADDRESSES = (
    "/?gatewayUrl=wss://evil.example/stream&token=stolen-by-url",
    "/?gatewayUrl=http://evil.example&url=http://evil.example&ws=ws://evil.example#token=stolen-by-url",
    "/sessions/x?token=stolen-by-url&code=stolen-by-url#gatewayUrl=ws://evil.example",
    "/#access_token=stolen-by-url&host=evil.example&api=//evil.example",
    "//evil.example/%2e%2e?token=stolen-by-url",
)


async def test_the_address_configures_nothing(browser: Browser, daemon: Daemon) -> None:
    await new_session(daemon, "unharmed", title="Mine")
    async with screen_of(browser, daemon) as ann:
        await ann.sign_in()
        for address in ADDRESSES:
            ann.requests.clear()
            await ann.visit(address)
            if not address.startswith("//"):
                await ann.is_live()
                await expect(ann.item("Mine")).to_be_visible()
            assert ann.foreign() == [], address
            told = [url for url in ann.requests if "stolen-by-url" in url]
            assert len(told) <= 1, f"{address} is more than opened"
            stored = await ann.page.evaluate("JSON.stringify([localStorage, sessionStorage])")
            assert "stolen-by-url" not in stored, address
            assert "evil.example" not in stored, address
            assert "stolen-by-url" not in daemon.output(), address
            assert "stolen-by-url" not in (daemon.home / "logs" / "atrium.log").read_text("utf-8"), address


async def test_no_secret_is_in_any_address_log_or_file(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann:
        link = await login_link(daemon)
        secrets = {"token": daemon.token, "code": link.rpartition("=")[2]}
        await ann.page.goto(link)
        await ann.is_live()
        await ann.part("new-session").click()
        await ann.send("hello")
        await ann.answers("hello")
        [cookie] = await ann.context.cookies()
        secrets["cookie"] = str(cookie.get("value"))
        assert all(len(secret) >= 20 for secret in secrets.values()), secrets.keys()

        for name, secret in secrets.items():
            # The code is in the fragment of the one address that was opened; no browser sends that.
            sent = [url.partition("#")[0] for url in ann.requests]
            assert not [url for url in sent if secret in url], f"the {name} is in an address"
        assert ann.referers == []
        tickets = [url.partition("token=")[2] for url in ann.requests if "token=" in url]
        secrets |= {f"ticket {number}": ticket for number, ticket in enumerate(tickets)}
        stored = await ann.page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
        own = daemon.home / "run" / "token"
        files = [path for path in daemon.home.rglob("*") if path.is_file() and path != own]
        for name, secret in secrets.items():
            assert secret not in stored, f"a script can read the {name}"
            assert secret not in daemon.output(), f"the {name} was said on the terminal"
            holders = [path for path in files if secret.encode() in path.read_bytes()]
            assert holders == [], f"the {name} is in {holders}"


async def test_no_other_page_may_frame_or_read_it(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann:
        await ann.sign_in()
        page = await ann.context.new_page()
        await page.route(
            "http://evil.example/", lambda route: route.fulfill(body="<p>evil</p>", content_type="text/html")
        )
        await page.goto("http://evil.example/")
        read = """async (url) => {
            const outcomes = [];
            for (const [path, init] of [["/api/v1/sessions", {}], ["/api/v1/sessions", {method: "POST", body: "{}"}],
                                        ["/health", {}], ["/", {}]]) {
                try { outcomes.push((await fetch(url + path, {credentials: "include", ...init})).status); }
                catch { outcomes.push("refused"); }
            }
            outcomes.push(await new Promise((resolve) => {
                const socket = new WebSocket(url.replace("http", "ws") + "/api/v1/stream");
                socket.onopen = () => resolve("open");
                socket.onerror = () => resolve("refused");
            }));
            return outcomes;
        }"""
        assert await page.evaluate(read, daemon.url) == ["refused"] * 5
        framed = """(url) => new Promise((resolve) => {
            const frame = document.createElement("iframe");
            frame.src = url;
            frame.onload = () => { try { resolve(frame.contentDocument ? "readable" : "blocked"); }
                                   catch { resolve("blocked"); } };
            document.body.append(frame);
        })"""
        assert await page.evaluate(framed, daemon.url) == "blocked"
        async with daemon.http() as http:
            headers = (await http.get(f"{daemon.url}/")).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
