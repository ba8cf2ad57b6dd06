"""The account as it was at a moment, kept to be gone back to; import this only in the simulator's process."""

import copy
from typing import Any

from moto.core.base_backend import BackendDict


class Snapshot:
    """A copy of what every backend of moto holds. Hosts of a lab are not in it, nor faults, calls, events."""

    def __init__(self) -> None:
        self._registered = [
            (backends, {account: (of_account, dict(of_account)) for account, of_account in backends.items()})
            for backends in BackendDict._instances
        ]
        found = [it for backends in BackendDict._instances for _, _, it in backends.iter_backends()]
        # many things in a backend know it: it stays the very object that it is
        self._same = {id(it): it for it in found}
        self._held: list[tuple[Any, dict[str, Any]]] = copy.deepcopy(
            [(it, vars(it)) for it in found], dict(self._same)
        )

    def restore(self) -> None:
        """Let the account be as it was; what has been made since is gone."""
        for backends in BackendDict._instances:
            backends.clear()
        BackendDict._instances[:] = [backends for backends, _ in self._registered]
        for backends, accounts in self._registered:
            for account, (of_account, regions) in accounts.items():
                of_account.clear()
                of_account.update(regions)
                backends[account] = of_account
        for backend, held in copy.deepcopy(self._held, dict(self._same)):
            vars(backend).clear()
            vars(backend).update(held)
