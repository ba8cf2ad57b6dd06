"""The files of one stack that are neither its values nor its state."""

import json
import secrets
import shutil
from contextlib import suppress

from gpuinfra.ground.paths import Stack
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.files import write_private


@adapter("the stack's directory cannot be used")
class StackDirectory:
    """The Workspace port."""

    def __init__(self, stack: Stack) -> None:
        self.name = stack.name
        self.plan_file = stack.plan_file
        self._stack = stack

    def free_mb(self) -> int:
        """Return the free space on the file system of the state, in MB (10^6 bytes)."""
        directory = self._stack.directory
        while not directory.exists():
            directory = directory.parent
        return shutil.disk_usage(directory).free // 1_000_000

    def nonce(self) -> str:
        """Return the nonce (32 hex digits, 0600) that marks the host's keys on its console."""
        path = self._stack.nonce_file
        if not path.exists():
            write_private(path, secrets.token_hex(16).encode())
        return path.read_text().strip()

    def write_user_data(self, data: bytes) -> None:
        """Write the first-boot instructions where Terraform reads them (0600)."""
        write_private(self._stack.user_data, data)

    def cuda(self, image: str) -> str:
        """Return the CUDA that the host said it has, empty if none was heard or its image was another."""
        with suppress(OSError, ValueError):
            held = json.loads(self._stack.cuda_file.read_text(encoding="utf-8"))
            if isinstance(held, dict) and held.get("image") == image:
                return str(held.get("cuda", ""))
        return ""

    def write_cuda(self, image: str, cuda: str) -> None:
        """Keep what the host said."""
        if cuda and cuda != self.cuda(image):
            write_private(self._stack.cuda_file, json.dumps({"image": image, "cuda": cuda}).encode())

    def clean(self) -> None:
        """Delete the rendered user-data, its nonce, the plan, and where the host was found.

        The values and the empty state stay.
        """
        self._stack.pool_file.unlink(missing_ok=True)
        self._stack.cuda_file.unlink(missing_ok=True)
        self._stack.nonce_file.unlink(missing_ok=True)
        self._stack.user_data.unlink(missing_ok=True)
        self.plan_file.unlink(missing_ok=True)
