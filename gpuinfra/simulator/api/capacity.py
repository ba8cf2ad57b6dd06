"""How many hosts EC2 still has, by type, zone and market; pure. Without a rule there is room everywhere."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class CapacityRule:
    """At most `left` more hosts (None: any number) where type, zone and market match; None matches any.

    late: EC2 says yes, and ends a new host while it is pending; one that was to start is stopped again.
    """

    left: int | None = None
    instance_type: str | None = None
    zone: str | None = None
    market: str | None = None
    late: bool = False
    taken_by: set[str] = field(default_factory=set, compare=False)  # ids of instances

    def covers(self, instance_type: str, zone: str, market: str) -> bool:
        """Tell whether it is about this pool."""
        asked = ((self.instance_type, instance_type), (self.zone, zone), (self.market, market))
        return all(wanted in (None, found) for wanted, found in asked)

    def has_room(self) -> bool:
        """Tell whether one more host fits."""
        return self.left is None or len(self.taken_by) < self.left


class CapacityRules:
    """The rules; the newest that covers a pool counts."""

    def __init__(self) -> None:
        self._rules: list[CapacityRule] = []

    def add(self, rule: CapacityRule) -> None:
        """Add one, before all others."""
        self._rules.insert(0, rule)

    def clear(self) -> None:
        """Remove all: there is room everywhere."""
        self._rules.clear()

    def has_room(self, instance_type: str, zone: str, market: str) -> bool:
        """Tell whether one more host fits there."""
        rule = self._rule(instance_type, zone, market)
        return rule is None or rule.has_room()

    def is_late(self, instance_type: str, zone: str, market: str) -> bool:
        """Tell whether EC2 finds out only afterwards that it has none."""
        rule = self._rule(instance_type, zone, market)
        return rule is not None and rule.late

    def take(self, instance_id: str, instance_type: str, zone: str, market: str) -> None:
        """Give an instance its place."""
        if rule := self._rule(instance_type, zone, market):
            rule.taken_by.add(instance_id)

    def give_back(self, instance_id: str) -> None:
        """Free the place of an instance that stops or ends; one from before the rules had none."""
        for rule in self._rules:
            rule.taken_by.discard(instance_id)

    def _rule(self, instance_type: str, zone: str, market: str) -> CapacityRule | None:
        return next((rule for rule in self._rules if rule.covers(instance_type, zone, market)), None)
