"""What models cost and how much they can read: from the settings, else from the price list of `genai-prices`.

The list is a data file in that package: prices with the dates from which they hold and their tiers, and the vendors'
pages that they were read from.
"""

from __future__ import annotations

from contextlib import suppress

from genai_prices import Usage as Amount
from genai_prices import calc_price
from genai_prices.types import PriceCalculation
from pydantic_ai.usage import RequestUsage

from atrium.adapters.providers.model_settings import Price, Vendor

MILLION = 1_000_000


class Prices:
    """Prices at one endpoint. What neither the settings nor the list know costs None, which is not nothing."""

    def __init__(self, vendor: Vendor, address: str, price: Price | None, window: int | None) -> None:
        self._vendor = vendor
        self._address = address
        self._price = price
        self._window = window

    def cost(self, usage: RequestUsage, model: str) -> float | None:
        """Return what a request cost, in US dollars."""
        if self._price is not None:
            return _cost(self._price, usage)
        found = self._find(_amount(usage), model)
        return None if found is None else float(found.total_price)

    def window(self, model: str) -> int | None:
        """Return how many tokens the model can read and write in one turn."""
        if self._window is not None:
            return self._window
        found = self._find(Amount(), model)
        return None if found is None else found.model.context_window

    def _find(self, amount: Amount, model: str) -> PriceCalculation | None:
        with suppress(LookupError):
            if self._vendor == "compatible":
                return calc_price(amount, model, provider_api_url=self._address)
            return calc_price(amount, model, provider_id=self._vendor)
        return None


def _cost(price: Price, usage: RequestUsage) -> float:
    cached = price.input if price.cached_input is None else price.cached_input
    fresh = usage.input_tokens - usage.cache_read_tokens
    total = fresh * price.input + usage.cache_read_tokens * cached + usage.output_tokens * price.output
    return total / MILLION


def _amount(usage: RequestUsage) -> Amount:
    return Amount(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )
