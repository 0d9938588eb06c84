"""S03: what a forwarded header says counts only if a configured proxy sends it, and then never opens a door."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from atrium.plugins.gateway.settings import GatewayConfig
from tests.gateway.house import House, house_with

HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}


async def cookie_of(house: House, **headers: str) -> str:
    async with house.http() as http:
        code = (await http.post("/auth/code")).json()["code"]
    async with house.http(signed_in=False) as http:
        answer = await http.post("/auth/login", json={"code": code}, headers=headers)
    assert answer.status_code == 204
    return answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("proxies", "secure"),
    [
        ((), False),
        (("192.0.2.1",), False),
        (("10.0.0.0/8", "::1"), False),
        (("127.0.0.1",), True),
        (("127.0.0.0/8",), True),
    ],
)
async def test_a_cookie_is_secure_if_a_configured_proxy_says_https(proxies: tuple[str, ...], secure: bool) -> None:
    async with house_with(trusted_proxies=proxies) as house:
        assert (await cookie_of(house, **HTTPS)).endswith("; Secure") == secure
        assert "Secure" not in await cookie_of(house)
        assert "Secure" not in await cookie_of(house, **{"X-Forwarded-Proto": "http"})
        assert "Secure" not in await cookie_of(house, **{"X-Forwarded-Proto": "https, http"})


async def test_a_refreshed_and_a_removed_cookie_are_secure_too() -> None:
    async with house_with(trusted_proxies=["127.0.0.1"]) as house, house.http(signed_in=False) as http:
        cookie = (await cookie_of(house, **HTTPS)).partition(";")[0]
        left = await http.post("/auth/logout", headers={**HTTPS, "Cookie": cookie, "Origin": house.address})
    assert (left.status_code, left.headers["set-cookie"].endswith("; Secure")) == (204, True)


@pytest.mark.parametrize("proxies", [(), ("127.0.0.1",), ("0.0.0.0/0", "::/0")])
async def test_no_forwarded_address_stands_for_a_login(proxies: tuple[str, ...]) -> None:
    async with house_with(trusted_proxies=proxies) as house, house.http(signed_in=False) as http:
        for address in (
            "127.0.0.1",
            "::1",
            "localhost",
            "127.0.0.1, 192.0.2.1",
            "",
            "x" * 5000,
            "[::1",
            "127.0.0.1:99999",
        ):
            answer = await http.get("/status", headers={"X-Forwarded-For": address})
            assert answer.status_code == 401, address
        for headers in ({"X-Forwarded-Host": f"127.0.0.1:{house.port}"}, {"Forwarded": "host=127.0.0.1"}):
            answer = await http.get("/health", headers={**headers, "Host": "evil.example"})
            assert answer.status_code == 421


@pytest.mark.parametrize("wrong", ["localhost", "127.0.0.1:80", "127.0.0.1/7", "*", ""])
def test_what_is_no_address_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(ValidationError, match=r"(?i)trusted_?proxies"):
        GatewayConfig.model_validate({"trustedProxies": [wrong]})
