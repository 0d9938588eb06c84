"""Images in the terminal: sent along with a question, and named where they cannot be seen."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from atrium.app.chat.screen import Screen
from atrium.app.images import ChosenImages
from atrium.app.text import with_images
from atrium.app.tui.timeline import Timeline
from atrium.client import Entry
from atrium.testing.daemon import DaemonProcess
from tests.app.running import run_atrium
from tests.app.terminal import CTRL_D, ENTER, terminal
from tests.app.test_chat import PROMPT
from tests.sessions.pictures import png

PHOTO = {"name": "photo.png", "width": 640, "height": 480}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "my photo.png"
    file.write_bytes(png(640, 480))
    return file


async def test_a_question_about_an_image(daemon: DaemonProcess, photo: Path) -> None:
    size = photo.stat().st_size
    shown = f"[image my photo.png 640x480, {size} bytes]\n"
    asked = ("chat", "-p", "echo", "-i", str(photo))
    assert await run_atrium(*asked, "-m", "what is it?", home=daemon.home) == (0, f"what is it?\n{shown}", "")
    assert await run_atrium(*asked, home=daemon.home, stdin="") == (0, f"\n{shown}", ""), "an image says enough"
    async with daemon.attach() as client:
        session = (await client.sessions.list()).sessions[0]
    assert session.metadata.title == "my photo.png"
    _, out, _ = await run_atrium("sessions", "show", session.id, home=daemon.home)
    assert "[image my photo.png 640x480]" in out


@pytest.mark.parametrize(
    ("name", "told"), [("none.png", "there is no file"), ("text.svg", "text.svg is no PNG, JPEG, WebP or GIF image")]
)
async def test_what_cannot_be_sent_is_said_before_anything_is(
    daemon: DaemonProcess, tmp_path: Path, name: str, told: str
) -> None:
    (tmp_path / "text.svg").write_text("<svg/>")
    code, _, err = await run_atrium("chat", "-i", str(tmp_path / name), "-m", "look", home=daemon.home)
    assert code == 1
    assert told in err
    async with daemon.attach() as client:
        assert (await client.sessions.list()).sessions == ()


async def test_images_are_chosen_within_the_chat(daemon: DaemonProcess, photo: Path) -> None:
    async with terminal("chat", "-p", "echo", home=daemon.home) as screen:
        await screen.until("echo answers")
        screen.type(f"/image {photo}{ENTER}")
        await screen.until("With the next message: my photo.png")
        await screen.until(PROMPT)
        screen.type(f"look{ENTER}")
        await screen.until("[image my photo.png 640x480, ")
        await screen.until(PROMPT)
        screen.type(f"again{ENTER}")
        await screen.until("[earlier image my photo.png 640x480, ")
        await screen.until(PROMPT)
        screen.type(CTRL_D)
        assert await asyncio.wait_for(screen.process.wait(), 50) == 0


def test_no_file_forgets_the_chosen_ones(photo: Path) -> None:
    chosen = ChosenImages([])
    assert chosen.choose("none.png") == "there is no file none.png"
    assert chosen.choose(str(photo)) == "With the next message: my photo.png"
    assert "now there is none" in chosen.choose("")
    assert chosen.files == []


def test_an_image_is_a_line_above_what_was_said_with_it() -> None:
    assert with_images("look", [PHOTO]) == "[image photo.png 640x480]\nlook"
    assert with_images("", [PHOTO], "изображение") == "[изображение photo.png 640x480]"
    data = {"messageId": "m", "turnId": "t", "role": "user", "content": "look", "by": "local", "attachments": [PHOTO]}
    added = Entry(1, 0, "sessions.message.added.v1", data)
    output = io.StringIO()
    Screen(output, colour=False, render=None).show(added)
    assert output.getvalue() == "> [image photo.png 640x480]\n  look\n"
    assert Timeline([added]).queue == ["[image photo.png 640x480]\nlook"]
