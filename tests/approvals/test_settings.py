"""Every setting of the plugin does what its description says."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from atrium.contracts.approvals import Risk
from atrium.plugins.approvals.config import ApprovalsConfig
from atrium.plugins.approvals.documents import seconds_of
from tests.approvals.house import house


@pytest.mark.parametrize(
    ("setting", "risk"),
    [
        pytest.param("lowSeconds", "low", id="low"),
        pytest.param("mediumSeconds", "medium", id="medium"),
        pytest.param("highSeconds", "high", id="high"),
    ],
)
async def test_each_risk_has_its_time(setting: str, risk: Risk) -> None:
    settings: dict[str, Any] = {setting: 77, "askLow": True}
    async with house(**settings) as there:  # or one of low risk would not be asked
        _ = there.ask(risk=risk)
        [question] = await there.open(1)
        assert seconds_of(question["expiresAt"]) - seconds_of(question["createdAt"]) == pytest.approx(77, abs=0.01)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"lowSeconds": 0}, id="approvals.lowSeconds"),
        pytest.param({"warningSeconds": 0}, id="approvals.warningSeconds"),
        pytest.param({"maxPending": 0}, id="approvals.maxPending"),
        pytest.param({"historyDays": 0}, id="approvals.historyDays"),
        pytest.param({"askHigh": False}, id="unknown"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ApprovalsConfig.model_validate(wrong)
