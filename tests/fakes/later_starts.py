"""Starts that AWS would make later, as a test says."""

from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.later_start import LaterStart


class FakeLaterStarts:
    """Remembers what waits; refusal: what every call answers."""

    def __init__(self, waits_until: float | None = None, refusal: CloudError | None = None) -> None:
        self.waits_until, self.refusal = waits_until, refusal
        self.begun: list[LaterStart] = []
        self.ended: list[str] = []

    def begin(self, start: LaterStart) -> None:
        """Begin."""
        self._refuse()
        self.begun.append(start)
        self.waits_until = start.until

    def until(self, stack: str, instance_id: str) -> float | None:
        """Tell."""
        self._refuse()
        return self.waits_until

    def end(self, stack: str, instance_id: str) -> bool:
        """End."""
        self._refuse()
        self.ended.append(instance_id)
        was, self.waits_until = self.waits_until, None
        return was is not None

    def _refuse(self) -> None:
        if self.refusal:
            raise self.refusal
