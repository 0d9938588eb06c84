"""The page in Russian: what is English in it is a name, a command, or somebody else's."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import expect

from tests.e2e.marks import JOURNEY
from tests.e2e.screens import Screen, browser_at, hub_at, new_session, screen_of
from tests.e2e.test_providers import item, write_recipes
from tests.providers.recipes import needs_npm

pytestmark = [*JOURNEY, needs_npm]

TEXTS = """() => {
    const said = new Set();
    const walk = (node) => {
        if (node.nodeType === Node.TEXT_NODE) said.add(node.data.trim());
        if (node.matches?.("code, kbd, pre, style, script, noscript, [data-testid=message]")) return;
        for (const name of ["aria-label", "title", "placeholder", "alt"]) said.add(node.getAttribute?.(name) ?? "");
        if (node.shadowRoot) walk(node.shadowRoot);
        for (const child of node.childNodes) walk(child);
    };
    walk(document.body);
    return [document.title, ...said];
}"""
SENTENCE = re.compile(r"(?<![\w./@:-])[A-Za-z']{2,}(?: [A-Za-z']{2,}){2,}")
LATIN, RUSSIAN = re.compile("[A-Za-z]{2,}"), re.compile("[\u0400-\u04ff]")
COMMAND = re.compile("`[^`]*`")
NO_WORDS = re.compile(r"https?://\S+|/[\w/.-]+|Node [\d.]+|[a-z]+-x64|127\.0\.0\.1:\d+")
NAMES = {
    "Atrium", "English", "Stage", "Echo", "Coder", "Lame", "OpenAI", "Claude Code", "Codex", "Gemini CLI", "goose",
    "opencode", "Apache-2.0", "MIT", "Apache-2.0 (adapter), Anthropic's terms (Claude Code)", "gpt-x",
    "approvals", "broken", "gateway", "needy", "providers", "secrets", "sessions", "stage", "usage",
}  # fmt: skip
"""What is called so in every language."""
OF_OTHERS = {
    "Does what a message says.", "ImportError: there is nothing to import",
    "A plugin file for the hub under test: a provider that speaks on cue, so that a test can act in mid-answer",
}  # fmt: skip
"""What comes from recipes and plugins that are not the hub's."""

ROOMS = {
    "/": "[data-testid=session-item]",
    "/new": "[data-testid=composer]",
    "/usage": "h2",
    "/approvals": "h1",
    "/welcome": "[data-testid=model-state]",
    "/providers": "[data-testid=provider]",
}
"""What is there once a room is shown."""
PLUGINS = {
    "broken": "raise ImportError('there is nothing to import')\n",
    "needy": (
        'from atrium.sdk import Manifest, Plugin\n\n\nclass Needy(Plugin):\n    """Waits."""\n\n'
        '    manifest = Manifest(name="needy", dependencies=("missing",))\n'
    ),
}


async def english(screen: Screen) -> set[str]:
    """Return what the page says in English that is ours."""
    texts = {COMMAND.sub("", str(text)) for text in await screen.page.evaluate(TEXTS)} - NAMES - OF_OTHERS
    whole = {text for text in texts if LATIN.search(text) and not RUSSIAN.search(text) and not NO_WORDS.fullmatch(text)}
    return whole | {text for text in texts if SENTENCE.search(text)}


async def _look_into_providers(ann: Screen) -> None:
    """Fail to install one, open all that there is to know, and have one checked."""
    await item(ann, "lame").get_by_test_id("install").click()
    failed = item(ann, "lame").get_by_test_id("install-failed")
    await expect(failed).to_contain_text("эта программа не работает")
    for button in await ann.part("details").all():
        await button.click()
    await item(ann, "coder").get_by_test_id("check").click()
    findings = item(ann, "coder").get_by_test_id("findings")
    await expect(findings).to_contain_text("не установлена")
    await expect(findings).to_contain_text("здесь не задана ни одна из переменных: CODER_KEY")


async def test_nothing_of_the_hub_is_english_in_russian(tmp_path: Path, chromium: str) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    for name, source in PLUGINS.items():
        (home / "plugins" / f"{name}.py").write_text(source, "utf-8")
    write_recipes(home)
    model = {"kind": "model", "vendor": "openai", "model": "gpt-x"}
    settings = {f"ATRIUM_PROVIDERS__OPENAI__{name.upper()}": value for name, value in model.items()}
    async with (
        hub_at(home, **settings) as daemon,
        browser_at(chromium) as browser,
        screen_of(browser, daemon) as ann,
    ):
        session_id = await new_session(daemon, "hello", title="Привет")
        await ann.context.add_init_script("localStorage.setItem('atrium.language', 'ru')")
        await ann.sign_in("/settings")
        await expect(ann.page.get_by_text("needy не может работать без missing")).to_be_visible()
        found = await english(ann)
        for path, part in {f"/sessions/{session_id}": "[data-testid=message]", **ROOMS}.items():
            await ann.visit(path)
            await ann.is_live()
            await expect(ann.page.locator(f"{part} >> visible=true").first).to_be_visible()
            found |= await english(ann)
        await _look_into_providers(ann)
        await ann.picture("providers-in-russian")
        assert found | await english(ann) == set()
