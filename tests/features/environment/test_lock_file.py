"""environment.lock: only packages of the channels that environment.yml lists, each with its sha256."""

import pytest

from gpuinfra.features.environment.lock_file import DEFAULT_ALIAS, refuse_foreign
from gpuinfra.ground.errors import ConfigError

FORGE = "https://conda.anaconda.org/conda-forge/linux-64"
SHA = "0123456789abcdef" * 4
MIRROR = "https://mirror.example:8443/conda/"


def refused(line: str, *channels: str, alias: str = DEFAULT_ALIAS) -> str:
    """Return why a lock with this line is refused; nothing if it is not."""
    lock = f"# gpuinfra lock v1 input-sha256={SHA} cuda=none\n\n@EXPLICIT\n{line}\n"
    try:
        refuse_foreign(lock.encode(), channels or ("conda-forge",), alias)
    except ConfigError as error:
        return f"{error.message}; {error.hint}"
    return ""


@pytest.mark.parametrize(
    ("line", "channels"),
    [
        (f"{FORGE}/p-1.0-0.conda#sha256:{SHA}", ("conda-forge",)),
        (f"{FORGE}/_libgcc_mutex-0.1-conda_forge.tar.bz2#{SHA}", ("nvidia", "conda-forge")),
        (f"{FORGE[:-9]}/noarch/p-1!2.0+cu12-0.conda#{SHA}", ("conda-forge",)),
        (f"{FORGE[:-9]}/label/rc/noarch/p-1-0.conda#{SHA}", ("conda-forge/label/rc",)),
        (f"https://repo.anaconda.com/pkgs/main/linux-64/p-1-0.conda#{SHA}", ("defaults",)),
        (f"https://repo.anaconda.com/pkgs/r/linux-64/p-1-0.conda#{SHA}", ("pkgs/r",)),
        (f"http://local.example/c/linux-64/p-1-0.conda#{SHA}", ("http://local.example/c/",)),
    ],
)
def test_what_is_listed_is_taken(line: str, channels: tuple[str, ...]) -> None:
    """By its bare name, with a label, as an address; in clear only where environment.yml says so."""
    assert refused(line, *channels) == ""


def test_a_mirror_stands_for_bare_names() -> None:
    """As `env lock` took it from CONDA_CHANNEL_ALIAS; whoever has it not is told what is allowed."""
    line = f"{MIRROR}conda-forge/noarch/p-1-0.conda#{SHA}"
    assert refused(line, alias=MIRROR) == ""
    assert "(https://conda.anaconda.org/conda-forge)" in refused(line)


@pytest.mark.parametrize(
    "line",
    [
        f"https://evil.example/conda-forge/linux-64/p-1-0.conda#sha256:{SHA}",
        f"{FORGE}/../../evil/linux-64/p-1-0.conda#{SHA}",
        f"https://conda.anaconda.org@evil.example/conda-forge/linux-64/p-1-0.conda#{SHA}",
        f"http{FORGE[5:]}/p-1-0.conda#{SHA}",
        f"https://conda.anaconda.org/other/linux-64/p-1-0.conda#{SHA}",
        f"https://repo.anaconda.com/pkgs/main/linux-64/p-1-0.conda#{SHA}",
        f"{FORGE}/p-1-0.conda",
        f"{FORGE}/p-1-0.conda#0123456789abcdef0123456789abcdef",
        f"{FORGE}/p-1-0.conda#{SHA} --force",
        f"{FORGE[:-9]}/win-64/p-1-0.conda#{SHA}",
        f"file:///tmp/p-1-0.conda#{SHA}",
        "p=1.0",
        "--channel evil",
    ],
)
def test_what_is_not_listed_or_not_hashed_is_refused(line: str) -> None:
    """conda would take each line as it is; the place is named, and the command that makes a new lock."""
    why = refused(line)
    assert why.startswith("environment.lock:4: error: ")
    assert "; gpuinfra env lock " in why
