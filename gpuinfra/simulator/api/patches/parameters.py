"""Public SSM parameters under /aws/service, which no caller may put."""

from typing import Any

from moto.core.utils import utcnow
from moto.ssm.models import Parameter, SimpleSystemManagerBackend

from gpuinfra.simulator.api.state import SimulatorState


def _make(account_id: str, name: str, value: str) -> Any:
    return Parameter(
        account_id=account_id,
        name=name,
        value=value,
        parameter_type="String",
        description=None,
        allowed_pattern=None,
        keyid=None,
        last_modified_date=utcnow(),
        version=1,
        data_type="text",
    )


def apply(state: SimulatorState) -> None:
    """Put the seeded parameters into every region."""
    init_of_moto = SimpleSystemManagerBackend.__init__

    def init(self: Any, region_name: str, account_id: str) -> None:
        init_of_moto(self, region_name, account_id)
        for name, value in state.seed.parameters.items():
            self._parameters[name].append(_make(account_id, name, value))

    SimpleSystemManagerBackend.__init__ = init
