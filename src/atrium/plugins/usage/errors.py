"""What can be wrong with a budget, or with a turn that it stops."""

from __future__ import annotations

from atrium.sdk import Action, FieldError, InvalidInput, ProviderError


class BudgetReached(ProviderError):
    """The budget is used up."""

    code = "BUDGET_REACHED"
    status = 429
    category = "userAction"
    hands_over = False
    actions = (
        Action("change_budget", "Change the budget"),
        Action("switch_provider", "Use another provider"),
        Action("retry", "Try again"),
    )


def invalid(field: str, message: str) -> InvalidInput:
    """Return the error for one field."""
    return InvalidInput(f"{field}: {message}", fields=[FieldError(field, message)])
