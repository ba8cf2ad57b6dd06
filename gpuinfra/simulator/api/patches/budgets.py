"""Budgets as Terraform's provider reads them back: subscribers, tags and changes, which moto lacks."""

import json
from typing import Any

from moto.budgets.models import Budget
from moto.budgets.responses import BudgetsResponse

from gpuinfra.simulator.api.state import SimulatorState


def apply(state: SimulatorState) -> None:
    """Answer what a budget holds beside its own values."""
    create_of_moto = BudgetsResponse.create_budget

    def create(self: Any) -> str:
        answer: str = create_of_moto(self)
        _budget(self, self._get_param("Budget")["BudgetName"]).tags = self._get_param("ResourceTags") or []
        return answer

    BudgetsResponse.create_budget = create
    BudgetsResponse.update_budget = _update
    BudgetsResponse.describe_subscribers_for_notification = _subscribers
    BudgetsResponse.list_tags_for_resource = _tags
    BudgetsResponse.tag_resource = BudgetsResponse.untag_resource = _retag


def _budget(response: Any, name: str) -> Any:
    backend, account = response.backend, response.current_account
    backend.describe_budget(account, name)  # answers NotFoundException
    return backend.budgets[account][name]


def _named(response: Any) -> Any:
    return _budget(response, response._get_param("ResourceARN").rpartition("/")[2])


def _update(self: Any) -> str:
    new = self._get_param("NewBudget")
    _budget(self, new["BudgetName"]).budget.update(new)
    return "{}"


def _subscribers(self: Any) -> str:
    budget: Budget = _budget(self, self._get_param("BudgetName"))
    asked = _comparable(self._get_param("Notification"))
    found = [it.subscribers for it in budget.notifications if _comparable(it.details) == asked]
    return json.dumps({"Subscribers": [one for subscribers in found for one in subscribers]})


def _comparable(notification: Any) -> dict[str, Any]:
    """Return a notification without what AWS adds to it; its threshold may be written 50 or 50.0."""
    told = {key: value for key, value in notification.items() if key != "NotificationState"}
    return {**told, "Threshold": float(told["Threshold"])}


def _tags(self: Any) -> str:
    return json.dumps({"ResourceTags": getattr(_named(self), "tags", [])})


def _retag(self: Any) -> str:
    """Answer TagResource and UntagResource."""
    budget, added = _named(self), self._get_param("ResourceTags") or []
    gone = {tag["Key"] for tag in added} | set(self._get_param("ResourceTagKeys") or [])
    budget.tags = [tag for tag in getattr(budget, "tags", []) if tag["Key"] not in gone] + added
    return "{}"
