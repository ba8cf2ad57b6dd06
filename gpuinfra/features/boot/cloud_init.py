"""Render the user-data of a host from one frozen context; the only importer of jinja2."""

import dataclasses
import hashlib
import re
import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path

import jinja2

from gpuinfra.features.boot import secret_scan
from gpuinfra.features.boot.host_file import UNPACK, HostFile, directory, gzip_stable, pack, program
from gpuinfra.features.environment import lock_file as locks
from gpuinfra.features.environment import schema
from gpuinfra.features.environment.host_environment import HostEnvironment
from gpuinfra.ground import facts
from gpuinfra.ground.errors import ConfigError

LIMIT_BYTES = 16_384
"""What EC2 accepts as user-data, counted before base64 (AWS EC2 user guide, "Run commands at launch")."""

INSTALLERS = ("miniconda", "miniforge")
STARTUP, ON_STOP = "startup", "on_stop"
HOST_DIR = "/etc/gpuinfra"
SCRIPT_DIR = "/usr/local/lib/gpuinfra"
UNIT_DIR = "/etc/systemd/system"
HOST_PACKAGE = Path(__file__).resolve().parents[2] / "host"
# of gpuinfra/host: what looks at the GPUs must be there before the first connection brings the rest
PROGRAMS = ("gpu_check.py", "gpu_state.py", "gpu_watch.py", "settings.py")
# ... and so must a guard: perhaps nobody ever connects
GUARD = ("__main__.py", "first.py")
GUARD_UNIT = "gpuinfra-guard.service"
UNITS = ("gpuinfra-hostkeys.service", "gpuinfra-bootstrap.service", GUARD_UNIT)
ARCHIVE = f"{HOST_DIR}/files.xz"

_STACK = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")
_NONCE = re.compile(r"[0-9a-f]{32}\Z")
_CUDA_MAJOR = re.compile(r"[0-9]{0,3}\Z")
_INSTANCE_TYPE = re.compile(r"[a-z0-9.-]{0,64}\Z")
_LOGIN_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}\Z")


@dataclass(frozen=True, kw_only=True)
class BootContext:
    """All that a host is told at its first boot; files travel byte for byte.

    environment_yml goes along for people and for `docker build`; the bootstrap reads `environment` alone.
    folder: the project's, below the login user's home. With `lock_follows` only the lock's sha256 is in
    user-data: the host waits for the file itself.
    """

    stack: str
    nonce: str
    login_user: str = "ubuntu"
    installer: str = "miniconda"
    instance_type: str = ""
    environment_yml: bytes
    environment: HostEnvironment
    requirements_txt: bytes | None = None
    startup_script: bytes | None = None
    on_stop: bytes | None = None
    folder: str = ""
    lock: bytes | None = None
    lock_follows: bool = False

    def __post_init__(self) -> None:
        _match("nonce", self.nonce, _NONCE, "32 hex digits")
        _match("stack", self.stack, _STACK, "a-z, then up to 31 of a-z 0-9 -")
        _match("login user", self.login_user, _LOGIN_USER, "a Linux user name")
        _match("instance type", self.instance_type, _INSTANCE_TYPE, "a-z 0-9 . -")
        _match("environment name", self.environment.name, schema.NAME, "letters, digits, . _ -")
        # bash calculates with it
        _match("CUDA version", self.environment.cuda_major, _CUDA_MAJOR, "a number, or nothing")
        if self.installer not in INSTALLERS:
            raise ConfigError(f"installer is {self.installer!r}; allowed: {', '.join(INSTALLERS)}")
        for name, data in self.files().items():
            _check_text(name, data)
        if b"\r" in (self.startup_script or b""):
            raise ConfigError("the startup script has Windows line endings: no Linux shell runs it")
        if self.lock is not None and locks.is_stale(self.lock, self.environment_yml):
            raise locks.stale()
        secret_scan.refuse(self.files())

    def files(self) -> dict[str, bytes]:
        """Name on the host -> content, for each file that the user gave."""
        given = {
            "environment.yml": self.environment_yml,
            "requirements.txt": self.requirements_txt,
            STARTUP: self.startup_script,
            ON_STOP: self.on_stop,
            "conda.lock": None if self.lock_follows else self.lock,
        }
        return {name: data for name, data in given.items() if data is not None}

    def parts(self) -> dict[str, bytes]:
        """Name on the host -> content, for what was made of environment.yml."""
        lines = {"pip.txt": self.environment.pip, "names.txt": self.environment.requested}
        made = {name: "".join(f"{line}\n" for line in given) for name, given in lines.items()}
        return {
            name: text.encode() for name, text in {"conda.yml": self.environment.conda_yml, **made}.items()
        }

    @property
    def awaited_lock(self) -> str:
        """The sha256 of a lock that the host must wait for, else empty."""
        return hashlib.sha256(self.lock).hexdigest() if self.lock and self.lock_follows else ""


def render(context: BootContext, *, templates: Path) -> bytes:
    """Return gzipped user-data, equal for equal inputs; `templates` is the cloud-init directory.

    A lock that does not fit (EC2's limit is near 45 packages) is left out and follows over ssh.
    """
    files = host_files(context, templates=templates)
    user_data = gzip_stable(_render_yaml(files, templates))
    if len(user_data) <= LIMIT_BYTES:
        return user_data
    if context.lock is None or context.lock_follows:
        raise _too_big(len(user_data), files)
    return render(dataclasses.replace(context, lock_follows=True), templates=templates)


def host_files(context: BootContext, *, templates: Path) -> list[HostFile]:
    """List what is written on the host: values, the user's files, our scripts and units."""
    env = HostFile(path=f"{HOST_DIR}/bootstrap.env", mode="0600", data=env_file(context, templates=templates))
    modes = dict.fromkeys((STARTUP, ON_STOP), "0755")
    given = [
        HostFile(path=f"{HOST_DIR}/{name}", data=data, mode=modes.get(name, "0644"))
        for name, data in context.files().items()
    ]
    made = [HostFile(path=f"{HOST_DIR}/{name}", data=data) for name, data in context.parts().items()]
    scripts = directory(templates / "scripts", SCRIPT_DIR)
    programs = [program(HOST_PACKAGE / name, f"{SCRIPT_DIR}/gpuinfra/host") for name in PROGRAMS]
    guard = [program(HOST_PACKAGE / "guard" / name, f"{SCRIPT_DIR}/gpuinfra/host/guard") for name in GUARD]
    gpus = HostFile(path=f"{SCRIPT_DIR}/gpus.txt", data=facts.gpus_text().encode())
    units = [*directory(templates / "units", UNIT_DIR), program(HOST_PACKAGE / GUARD_UNIT, UNIT_DIR)]
    return [env, *given, *made, *scripts, *programs, *guard, gpus, *units]


def env_file(context: BootContext, *, templates: Path) -> bytes:
    """Return the one file through which values reach the scripts: NAME=VALUE, quoted for the shell."""
    pin = tomllib.loads((templates / "installers.toml").read_text())[context.installer]
    values = {
        "STACK": context.stack,
        # Marks the host's own key block on its console; only root may read this file.
        "NONCE": context.nonce,
        "LOGIN_USER": context.login_user,
        "PROJECT": context.folder,
        # As planned; the host asks EC2 what it is now.
        "INSTANCE_TYPE": context.instance_type,
        "INSTALLER": context.installer,
        "INSTALLER_URL": pin["url"],
        "INSTALLER_SHA256": pin["sha256"],
        "ENV_NAME": context.environment.name,
        "CUDA_MAJOR": context.environment.cuda_major,
        "CUDA_DRIVERS": " ".join(f"{cuda}:{driver}" for cuda, driver in facts.least_driver().items()),
        "LOCK_SHA256": context.awaited_lock,
    }
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items()).encode("ascii")


def _render_yaml(files: list[HostFile], templates: Path) -> bytes:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates), undefined=jinja2.StrictUndefined, autoescape=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    # The last one's exit code is what cloud-init reports; without the files there is no unit to enable.
    commands = [
        ["python3", "-I", "-c", UNPACK, ARCHIVE],
        ["systemctl", "enable", "--now", "--no-block", *UNITS],
    ]
    values = {"archive": ARCHIVE, "content": pack(files), "commands": commands}
    return environment.get_template("user-data.yaml.j2").render(values).encode("ascii")


def _match(what: str, value: str, pattern: re.Pattern[str], allowed: str) -> None:
    if not pattern.match(value):
        raise ConfigError(f"{what} is {value!r}; allowed: {allowed}")


def _check_text(name: str, data: bytes) -> None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name} is not UTF-8 text (byte {error.start})") from error
    if "\x00" in text:
        raise ConfigError(f"{name} is not text: it holds a NUL byte")


def _too_big(size: int, files: list[HostFile]) -> ConfigError:
    parts = sorted(((len(gzip_stable(file.data)), file.path) for file in files), reverse=True)
    listed = ", ".join(f"{Path(path).name} {part:,}" for part, path in parts)
    largest = next(Path(path).name for _, path in parts if path.startswith(HOST_DIR))
    return ConfigError(
        f"user-data is {size:,} bytes when compressed; EC2 accepts {LIMIT_BYTES:,}. Its parts: {listed}",
        hint=f"make {largest} smaller, or leave it out and copy it to the host over ssh",
    )
