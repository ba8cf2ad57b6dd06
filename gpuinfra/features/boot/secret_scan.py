"""What a secret looks like, and the refusal to send one: each process on the host can read user-data."""

import re
from dataclasses import dataclass

from gpuinfra.ground.errors import ConfigError

# A reference such as ${TOKEN} is not a secret: it names one.
_NO_REFERENCE = r"(?![$%{<])"

_PATTERNS: dict[str, re.Pattern[str]] = {
    "an AWS access key id": re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"),
    "an AWS secret access key": re.compile(
        rf"aws_?secret_?(?:access_?)?key[\"']?\s*[=:]\s*[\"']?{_NO_REFERENCE}[A-Za-z0-9/+]{{20,}}", re.I
    ),
    "a private key": re.compile(r"BEGIN [A-Z0-9 ]*PRIVATE KEY"),
    "a GitHub token": re.compile(r"(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{16,}"),
    "a Hugging Face token": re.compile(r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{20,}"),
    "a Weights & Biases key": re.compile(
        r"(?:wandb|api[_.-]?key).{0,60}?(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])", re.I
    ),
    "an API key (sk-...)": re.compile(
        r"(?<![A-Za-z0-9])sk-(?=[A-Za-z0-9_-]*[0-9])(?=[A-Za-z0-9_-]*[A-Z])[A-Za-z0-9_-]{20,}"
    ),
    "a GitLab token": re.compile(r"(?<![A-Za-z0-9])gl(?:pat|dt|rt|cbt|ptt|soat)-[A-Za-z0-9_-]{20,}"),
    "a Slack token": re.compile(
        r"(?<![A-Za-z0-9])xox[a-z]-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/T[A-Za-z0-9/]{20,}"
    ),
    "a Google API key": re.compile(r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    "an NVIDIA API key": re.compile(r"(?<![A-Za-z0-9])nvapi-[A-Za-z0-9_-]{40,}"),
    "a Docker Hub token": re.compile(r"(?<![A-Za-z0-9])dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"),
    "an npm token": re.compile(r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    "a PyPI token": re.compile(r"(?<![A-Za-z0-9])pypi-[A-Za-z0-9_-]{50,}"),
    "a signed token (JWT)": re.compile(r"(?<![A-Za-z0-9])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a key of a cloud service": re.compile(
        r"(?<![A-Za-z0-9])(?:dapi[0-9a-f]{32}|r8_[A-Za-z0-9]{37}|do[opr]_v1_[0-9a-f]{64}|[sr]k_live_[A-Za-z0-9]{20,}"
        r"|SG\.[\w-]{22}\.[\w-]{43})(?![A-Za-z0-9])|AccountKey=[A-Za-z0-9+/]{80}"
    ),
    "the value of a password or token": re.compile(
        r"(?<![A-Za-z0-9])[A-Z0-9_]{0,64}(?:PASSWORD|PASSWD|TOKEN|SECRET|API_?KEY)[\"']?(?::\s*|=|\s=\s)"
        rf"[\"']?{_NO_REFERENCE}(?![/~.`])[^\s\"']{{8,}}"
    ),
    "a token or password in a URL": re.compile(
        rf"://\S*?[?&;](?:[a-z_-]*token|password|passwd|api_?key|secret)={_NO_REFERENCE}[^&\s]", re.I
    ),
    "a user name and password in a URL": re.compile(rf"://[^/\s:@]+:{_NO_REFERENCE}[^/\s@]+@", re.I),
    "a conda channel token in a URL": re.compile(rf"://[^\s/]+/t/{_NO_REFERENCE}[^\s/]{{8,}}/", re.I),
}


@dataclass(frozen=True, kw_only=True)
class SecretFinding:
    """Where a secret stands and of which kind it is; never the secret itself."""

    file: str
    line: int
    kind: str


def find(file: str, text: str) -> list[SecretFinding]:
    """List the secrets in a text, at most one of each kind per line."""
    return [
        SecretFinding(file=file, line=number, kind=kind)
        for number, line in enumerate(text.split("\n"), start=1)
        for kind, pattern in _PATTERNS.items()
        if pattern.search(line)
    ]


def refuse(files: dict[str, bytes]) -> None:
    """Raise ConfigError when one of the files (name -> content) holds something that looks like a secret."""
    findings = [
        found for name, data in files.items() for found in find(name, data.decode("utf-8", "replace"))
    ]
    if not findings:
        return
    places = "; ".join(f"{found.file} line {found.line}: {found.kind}" for found in findings)
    raise ConfigError(
        f"this would put a secret into user-data, which every process on the host can read: {places}",
        hint="take the secret out of the file; give it to the host after it is up, over ssh",
    )
