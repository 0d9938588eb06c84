"""What the Python client makes of histories that are valid and unusual."""

from typing import Literal

import pytest

from atrium.client import attach
from tests.conformance.hub import Api, Hub, ends


@pytest.mark.parametrize("form", ["ndjson", "sse"])
async def test_it_cuts_lines_only_where_the_hub_ends_them(hub: Hub, api: Api, form: Literal["ndjson", "sse"]) -> None:
    text = "one\u2028two\u2029three\u0085four"
    session_id = api.session()
    api.follow(session_id, ends(api.send(session_id, text)["turnId"]))
    async with attach(hub.home) as client:
        seen = [entry async for entry in client.events(session_id, form=form)]
    assert [entry.offset for entry in seen] == [int(entry["offset"]) for entry in api.entries(session_id)]
    assert [entry.data["content"] for entry in seen if "content" in entry.data] == [text, text]
