"""Fetch a file over HTTP, going on where an earlier attempt stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from atrium.adapters.models.errors import DownloadFailed
from atrium.adapters.models.partial import PartialFile
from atrium.sdk.phrases import phrase

if TYPE_CHECKING:
    import httpx


async def download(address: str, partial: PartialFile, size: int, progress: Callable[[int], None]) -> None:
    """Append to `partial` what it lacks of `size` bytes, by a Range request (RFC 9110, section 14) where possible.

    What has arrived stays in the file when the network fails.
    """
    import httpx

    if partial.size >= size:
        return
    try:
        async with httpx.AsyncClient(follow_redirects=True, timeout=httpx.Timeout(30.0)) as client:
            await _stream(client, address, partial, progress)
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        said = f"{address}: {reason}. {partial.size} of {size} bytes are kept: pull again to go on, or use --from FILE"
        told = phrase("download.cut", said, address=address, reason=reason, kept=partial.size, size=size)
        raise DownloadFailed(told) from error


async def _stream(
    client: httpx.AsyncClient, address: str, partial: PartialFile, progress: Callable[[int], None]
) -> None:
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={partial.size}-"} if partial.size else {})
    async with client.stream("GET", address, headers=headers) as response:
        if response.status_code not in (200, 206):
            answer = f"{response.status_code} {response.reason_phrase}"
            said = f"{address} answered {answer}"
            raise DownloadFailed(phrase("download.refused", said, address=address, answer=answer))
        if response.status_code == 200:
            await partial.restart()
        async for block in response.aiter_raw():
            await partial.write(block)
            progress(partial.size)
