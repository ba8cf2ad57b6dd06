"""GPU or CPU is decided on the host, from what is on its bus; the driver is waited for and checked."""

import json
from collections.abc import Callable

import pytest

from tests.bootstrap.host import PERMANENT, TRANSIENT, Host

TORCH = "name: lab\nchannels: [conda-forge]\ndependencies: [python, pytorch]\n"
SMI = """case "$*" in
  *driver_version*) echo "Tesla T4, {driver}" ;;
  *) echo "| NVIDIA-SMI {driver}    Driver Version: {driver}    CUDA Version: {cuda}  |" ;;
esac"""


@pytest.fixture
def gpu(host: Host) -> Callable[..., Host]:
    """Return a host maker: a T4 on the bus, and nvidia-smi when a driver is named."""

    def make(driver: str = "", cuda: str = "12.4", environment: str = TORCH) -> Host:
        device = host.root / "sys/bus/pci/devices/0000:00:1e.0"
        device.mkdir(parents=True)
        (device / "vendor").write_text("0x10de\n")
        (device / "class").write_text("0x030200\n")
        if driver:
            host.command("nvidia-smi", SMI.format(driver=driver, cuda=cuda))
        host.values["GPU_WAIT_S"] = "0"
        host.give(environment_yml=environment)
        return host

    return make


def test_without_a_gpu_the_cpu_build_is_chosen_and_verified(host: Host) -> None:
    """No NVIDIA device: the solver takes the CPU build, and torch multiplies on the CPU."""
    host.give(environment_yml=TORCH)
    assert host.boot() == 0, host.log
    assert host.status["cuda"] == ""
    report = json.loads((host.state / "verify.json").read_text())
    assert (report["device"], report["device_count"]) == ("cpu", 0)
    assert "pytorch-2.13.0-cpu_0" in (host.state / "env.explicit.txt").read_text()


def test_with_a_gpu_the_cuda_build_is_chosen_and_verified(gpu: Callable[..., Host]) -> None:
    """An NVIDIA device with a driver: the CUDA build, and torch multiplies on the device."""
    host = gpu(driver="550.54.15")
    assert host.boot() == 0, host.log
    report = json.loads((host.state / "verify.json").read_text())
    assert (report["device"], report["device_names"]) == ("cuda", ["Stub GPU"])
    assert (host.status["gpu"], host.status["cuda"]) == ("Tesla T4, 550.54.15", "12.4")


def test_nvidia_s_libraries_alone_make_no_gpu(host: Host) -> None:
    """An image for GPUs on a CPU type: its nvidia-smi does not lure the solver into CUDA builds."""
    host.command("nvidia-smi", SMI.format(driver="550.54.15", cuda="12.4"))
    host.give(environment_yml=TORCH)
    assert host.boot() == 0, host.log
    assert "pytorch-2.13.0-cpu_0" in (host.state / "env.explicit.txt").read_text()


def test_a_host_that_becomes_a_gpu_host_gets_the_gpu_build(gpu: Callable[..., Host]) -> None:
    """The instance type was changed: the CPU environment is built anew; the way back changes nothing."""
    host = gpu(driver="550.54.15")
    device = host.root / "sys/bus/pci/devices/0000:00:1e.0/vendor"
    device.write_text("0x1d0f\n")
    assert host.boot() == 0, host.log
    for vendor, ran in (("0x10de", ["gpu", "env-conda"]), ("0x1d0f", ["gpu", "verify"])):
        device.write_text(f"{vendor}\n")
        (host.state / "steps/gpu").unlink()  # as a new boot does
        assert host.boot() == 0, host.log
        assert host.ran()[:2] == ran
        assert "pytorch-2.13.0-cuda124_0" in (host.state / "env.explicit.txt").read_text()


def test_a_gpu_without_a_driver_names_the_images(gpu: Callable[..., Host]) -> None:
    """Nothing will install a driver: refused with what to change."""
    host = gpu()
    assert host.boot() == PERMANENT
    assert (host.status["step"], host.status["rc"]) == ("gpu", 69)
    assert "image nvidia or aws-nvidia" in host.status["message"]


def test_a_driver_that_does_not_answer_is_worth_another_try(gpu: Callable[..., Host]) -> None:
    """It may still be starting; its own words are in the status."""
    host = gpu()
    host.command("nvidia-smi", "echo 'NVIDIA-SMI has failed'; exit 9")
    assert host.boot() == TRANSIENT
    assert "NVIDIA-SMI has failed" in host.status["message"]


def test_too_old_a_driver_is_refused_before_the_download(gpu: Callable[..., Host]) -> None:
    """The environment names CUDA 13; driver 550 serves 12."""
    host = gpu(driver="550.54.15", environment="dependencies: [python, cuda-version=13.0]\n")
    assert host.boot() == PERMANENT
    assert host.status["step"] == "gpu"
    assert "needs CUDA 13, driver 550.54.15 serves CUDA 12" in host.status["message"]


def test_a_cpu_build_on_a_gpu_host_does_not_verify(gpu: Callable[..., Host]) -> None:
    """A host that costs a GPU must use it: the build is named, not left to be found out later."""
    host = gpu(driver="550.54.15", environment=TORCH.replace("pytorch", '"pytorch=*=cpu*"'))
    assert host.boot() == PERMANENT
    assert host.status["step"] == "verify"
    assert "this is a CPU build" in host.status["message"]


def test_a_package_that_cannot_be_imported_does_not_verify(host: Host) -> None:
    """Installed is not working: ready means that it was imported."""
    host.give(environment_yml="name: lab\ndependencies: [python, brokenimport]\n")
    assert host.boot() == PERMANENT
    assert host.status["step"] == "verify"
    assert "import brokenimport fails: ModuleNotFoundError" in host.status["message"]


def test_the_driver_is_held_back_from_unattended_upgrades(host: Host) -> None:
    """An upgrade under a running session would end it."""
    host.command("apt-get", "exit 1")
    assert host.boot() == 0, host.log
    held = (host.root / "etc/apt/apt.conf.d/52gpuinfra-hold-driver").read_text()
    assert "nvidia-" in held
    assert "Package-Blacklist" in held


def test_a_locked_package_list_is_tried_again(host: Host) -> None:
    """The lock of `apt-get update` is not waited for by apt itself."""
    again = (
        'echo x >>"$0.count"; [ "$(wc -l <"$0.count")" -gt 2 ] || { echo "E: Could not get lock"; exit 100; }'
    )
    host.command("apt-get", again)
    host.values["APT_PACKAGES"] = "tmux"
    host.give()
    assert host.boot() == 0, host.log
    assert "apt-get update failed (rc 100)" in host.log
