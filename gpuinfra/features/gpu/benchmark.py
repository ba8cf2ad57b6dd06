"""`gpu test`: check CUDA and its devices, and measure each."""

from dataclasses import dataclass
from typing import Any

from gpuinfra.features.connect.connect import connect_and_check
from gpuinfra.features.gpu.metrics import Metrics, metrics
from gpuinfra.features.gpu.metrics_text import gpu_text
from gpuinfra.ground.errors import HostError
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.reply import checked
from gpuinfra.ground.text import table
from gpuinfra.ground.world import World

TEST_TIMEOUT_S = 300.0
COLUMNS = (
    ("GPU", "name", ""),
    ("FP32", "fp32_tflops", " TFLOP/s"),
    ("FP16", "fp16_tflops", " TFLOP/s"),
    ("TO GPU", "to_device_gb_s", " GB/s"),
    ("FROM GPU", "from_device_gb_s", " GB/s"),
)
DEVICE = {"name": str, **dict.fromkeys([name for _, name, unit in COLUMNS if unit], (float, None))}
SHAPE = {"torch": (str, None), "cuda": bool, "devices": [DEVICE], "problem": (str, None)}


@dataclass(frozen=True, kw_only=True)
class GpuTest:
    """What PyTorch and nvidia-smi say of the GPUs; `problem` is what is wrong, if anything."""

    values: dict[str, Any]
    hint: str = ""

    def text(self) -> str:
        """Return it as lines: CUDA, devices, a table; or the one thing that is wrong."""
        devices, torch = self.values["devices"], self.values["torch"]
        names = ", ".join(device["name"] for device in devices)
        cuda = f"available: {names}" if self.values["cuda"] else "not available"
        lines = [f"torch   {torch or 'none'}", f"CUDA    {cuda}"]
        lines += [f"GPU {gpu['index']}   {gpu_text(gpu)}" for gpu in self.values["gpus"]]
        if devices and "fp32_tflops" in devices[0]:
            lines.append(table([tuple(head for head, _, _ in COLUMNS), *map(_cells, devices)]))
        return "\n".join(lines)

    def refuse(self) -> None:
        """Raise what is wrong.

        Raises:
            HostError: anything is.
        """
        if self.values["problem"]:
            raise HostError(str(self.values["problem"]), hint=self.hint)


def gpu_test(world: World) -> GpuTest:
    """Check CUDA and measure each GPU.

    Raises:
        HostError: the environment is not ready.
    """
    host, boot = connect_and_check(world)
    if not boot.prefix:
        watch = command("status --watch", host.stack)
        raise HostError("the host's conda environment is not there yet", hint=watch)
    world.reporter.say("measuring (up to a minute) ...")
    python = f"{boot.prefix}/bin/python"
    said = world.host.python(host, python, "gpu_benchmark.py", timeout_s=TEST_TIMEOUT_S)
    tested = checked(said, SHAPE, "its GPUs")
    live = metrics(world, host)
    values = {"problem": "", **tested, "gpus": live["gpus"]}
    if missing := _missing(host, live, [device["name"] for device in tested["devices"]]):
        values["problem"] = missing
    return GpuTest(values=values, hint=command("ssh -- sudo reboot", host.stack) if missing else "")


def _missing(host: Host, live: Metrics, devices: list[str]) -> str:
    """Return what is wrong when the host has less than its type is sold with, as Terraform recorded it.

    Of GPUs that are divided (MIG) torch shows one part.
    """
    answer = len(live["gpus"])
    reason = live.get("gpu_words") or f"a {host.instance_type} has {host.gpu_count}"
    if answer < max(1, host.gpu_count):
        return f"{answer} of {max(1, host.gpu_count)} GPUs answer: {reason}"
    if 0 < len(devices) < host.gpu_count and not any("MIG" in name for name in devices):
        return f"torch sees {len(devices)} of {host.gpu_count} GPUs"
    return ""


def _cells(device: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{device.get(name)}{unit}" for _, name, unit in COLUMNS)
