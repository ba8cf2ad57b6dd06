"""On the host: gpuinfra-gpu.service, which looks at the GPUs while the host runs. Standard library only.

python3 -m gpuinfra.host.gpu_watch FILE    FILE has the line of gpus.txt for this host's type
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from gpuinfra.host import gpu_check, gpu_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[[], gpu_check.Answer]

TICK_S = 0.25  # of the kernel's log: a job's end waits for it, to know whose fault it was
LOOK_S, CONFIRM_S = 30.0, 3.0  # of nvidia-smi; what it says once may pass, what it says twice is believed


class GpuWatch:
    """Tells each change of the GPUs' state; a GPU that is lost is lost until the next boot."""

    def __init__(
        self, sold: gpu_check.SoldGpus, log: gpu_check.KernelLog, ask: Ask, tell: Callable[[str, str], None]
    ) -> None:
        self._sold, self._log, self._ask, self._tell = sold, log, ask, tell
        self._seen = self._told = gpu_state.OK
        self._next_look_s = 0.0

    @property
    def is_over(self) -> bool:
        """Tell whether there is nothing more to look for."""
        return self._told == gpu_state.LOST

    def tick(self, now_s: float) -> None:
        """Read on in the kernel's log, and ask nvidia-smi when it is time."""
        for line in self._log.lines():
            if error := gpu_check.hardware_error(line):
                self._report(gpu_state.LOST, error)
                return
        if now_s >= self._next_look_s:
            self._look(now_s)

    def _look(self, now_s: float) -> None:
        state, reason = gpu_check.judge(self._sold, *self._ask())
        is_sure = state in (self._seen, gpu_state.OK)
        self._seen = state
        self._next_look_s = now_s + (LOOK_S if is_sure else CONFIRM_S)
        if is_sure and state != self._told:
            self._report(state, reason)

    def _report(self, state: str, reason: str) -> None:
        self._told = state
        self._tell(state, reason)


def main(file: str) -> None:
    """Look until a GPU is lost."""
    sold = gpu_check.parse(Path(file).read_text(encoding="utf-8"))
    watch = GpuWatch(sold, gpu_check.KernelLog(), gpu_check.ask, gpu_state.write)
    while not watch.is_over:
        watch.tick(time.monotonic())
        time.sleep(TICK_S)


if __name__ == "__main__":
    main(sys.argv[1])
