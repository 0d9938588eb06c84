"""Images on their way to whoever answers: an agent, a vendor's model, echo; and what is left out, and said so."""

import sys
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.providers.acp import AcpProvider
from atrium.adapters.providers.echo import EchoProvider
from atrium.adapters.providers.local import LocalProvider
from atrium.adapters.providers.model import ModelProvider
from atrium.plugins.providers.images import MOST_BYTES, MOST_IMAGES, as_seen
from atrium.sdk import NotFound
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import ImagesNotSupported
from atrium.sdk.providers import ChatMessage, Image, Note, Provider, ProviderInfo, TurnRequest
from atrium.testing.provider_suite import run_turn, text_of
from tests.providers.test_model_vendors import VENDORS, provider_of
from tests.providers.vendors import Vendors, vendors

AGENT = [sys.executable, str(Path(__file__).with_name("scripted_agent.py"))]
ONE, TWO = (Image(name, f"{name}.png", "image/png", 3, 4, 2) for name in ("one", "two"))
GONE = Image("gone", "gone.png", "image/png", 3, 4, 2)


async def read(image: Image) -> bytes:
    if image is GONE:
        raise NotFound
    return image.id.encode()


def turn(content: str, *images: Image, history: tuple[ChatMessage, ...] = ()) -> TurnRequest:
    return TurnRequest("0193a1b2-0000-7000-8000-000000000001", "t", content, history, images=images, read_image=read)


EARLIER = (ChatMessage("user", "look", "other", images=(ONE, GONE)), ChatMessage("assistant", "nice", "other"))


@pytest.fixture
async def server() -> AsyncIterator[Vendors]:
    async with vendors() as state:
        yield state


def takes(provider: Provider) -> bool:
    return provider.info.capabilities["images"]


async def agent(folder: Path, *arguments: str) -> AcpProvider:
    provider = AcpProvider("scripted", folder, SystemClock())
    await provider.configure({"command": [*AGENT, *arguments]})
    return provider


async def test_an_agent_gets_the_images_of_the_message_and_of_what_it_has_not_heard(tmp_path: Path) -> None:
    provider = await agent(tmp_path, "--images")
    said = text_of(await run_turn(provider, turn("shown", TWO, history=EARLIER)))
    assert said == f"image/png {b64encode(b'one').decode()} image/png {b64encode(b'two').decode()}"
    again = (*EARLIER, ChatMessage("user", "shown", "scripted", images=(TWO,)))
    assert text_of(await run_turn(provider, turn("shown", history=again))) == "", "it has seen them"
    assert text_of(await run_turn(provider, turn("", ONE, history=again))) == f"image/png {b64encode(b'one').decode()}"
    await provider.close()


async def test_an_agent_that_takes_none_is_found_out_when_it_starts(tmp_path: Path) -> None:
    provider = await agent(tmp_path)
    assert takes(provider)
    with pytest.raises(ImagesNotSupported, match="scripted takes no images"):
        await run_turn(provider, turn("shown", TWO))
    assert not takes(provider)
    events = await run_turn(provider, turn("say hello", history=EARLIER))
    assert isinstance(events[0], Note)
    assert "takes no images" in events[0].content
    await provider.close()
    assert not takes(await agent(tmp_path)), "it is remembered"


def images_in(vendor: str, message: Any) -> list[bytes]:
    """Return the images of a message as each vendor wants them."""
    if vendor == "google":
        return [b64decode(part["inlineData"]["data"]) for part in message["parts"] if "inlineData" in part]
    if vendor == "anthropic":
        return [b64decode(part["source"]["data"]) for part in message["content"] if part["type"] == "image"]
    found = [part["image_url"] for part in message["content"] if part["type"] == "input_image"]
    return [b64decode(address.removeprefix("data:image/png;base64,")) for address in found]


@pytest.mark.parametrize("vendor", VENDORS)
async def test_each_vendor_gets_images_where_they_were_said(vendor: str, server: Vendors) -> None:
    provider = await provider_of(vendor, server)
    assert provider.info.capabilities["images"]
    assert text_of(await run_turn(provider, turn("and this?", TWO, history=EARLIER))) == "Hello there."
    await provider.close()
    body = server.bodies[-1]
    messages = body.get("messages") or body.get("contents") or body["input"]
    assert images_in(vendor, messages[0]) == [b"one"]
    assert "[image gone.png 4x2]" in str(messages[0])
    assert images_in(vendor, messages[-1]) == [b"two"]


async def test_echo_tells_which_images_it_was_given() -> None:
    provider = EchoProvider(SystemClock())
    await provider.configure({"enabled": True})
    history = (ChatMessage("user", "before", "echo", images=(ONE,)),)
    said = text_of(await run_turn(provider, turn("look", TWO, history=history)))
    assert said == "look\n[image two.png 4x2, 3 bytes]\n[earlier image one.png 4x2, 3 bytes]"


async def test_who_takes_images() -> None:
    for settings, takes in (({}, False), ({"images": True}, True), ({"vendor": "openai"}, True)):
        provider = ModelProvider("model", {})
        await provider.configure({"baseUrl": "http://127.0.0.1:9/v1", "model": "m", **settings})
        assert provider.info.capabilities["images"] == takes
    assert EchoProvider.info.capabilities["images"]
    assert not LocalProvider(Path(), SystemClock()).info.capabilities["images"]


def test_earlier_images_are_given_as_far_as_there_is_room_and_the_rest_is_said() -> None:
    sees, blind = (ProviderInfo("p", "P", "1", {"images": images}) for images in (True, False))
    many = [ChatMessage("user", str(number), "p", images=(ONE,)) for number in range(MOST_IMAGES + 2)]
    given, note = as_seen(turn("go on", TWO, history=tuple(many)), sees)
    assert [len(message.images) for message in given.history] == [0, 0, *[1] * MOST_IMAGES]
    assert given.history[0].content == "[image one.png 4x2]\n0"
    assert note == Note("P was not given 2 images of the beginning of this conversation, only their names.")
    assert as_seen(turn("go on", history=tuple(many)), sees)[1] is None, "said before"
    large = Image("large", "large.png", "image/png", MOST_BYTES + 1, 9, 9)
    [left] = as_seen(turn("go on", history=(ChatMessage("user", "", "q", images=(large, ONE)),)), sees)[0].history
    assert (left.content, left.images) == ("[image large.png 9x9]", (ONE,))
    given, note = as_seen(turn("go on", history=EARLIER), blind)
    assert given.history[0].content == "[image one.png 4x2]\n[image gone.png 4x2]\nlook"
    assert note == Note("P takes no images: it was not given 2 images of this conversation, only their names.")
    later = (*EARLIER, ChatMessage("user", "well", "p"), ChatMessage("assistant", "", "p"))
    assert as_seen(turn("go on", history=later), blind)[1] is None, "said before"
    with pytest.raises(ImagesNotSupported):
        as_seen(turn("go on", ONE), blind)
