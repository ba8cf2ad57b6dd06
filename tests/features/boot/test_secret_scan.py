"""Secrets are refused by the place where they stand, and never repeated."""

import pytest

from gpuinfra.features.boot import secret_scan
from gpuinfra.ground.errors import ConfigError

# Cut in two, so that scanners of this repository do not take the samples for real ones.
SAMPLES = {
    "an AWS access key id": ["AKIA" + "ABCDEFGHIJKLMNOP", "export X=ASIA" + "ABCDEFGHIJKLMNOP"],
    "an AWS secret access key": [
        "aws_secret_access_key = " + "a" * 40,
        "AWS_SECRET_ACCESS_KEY='" + "b/" * 20,
    ],
    "a private key": ["-----BEGIN OPENSSH " + "PRIVATE KEY-----", "-----BEGIN " + "PRIVATE KEY-----"],
    "a GitHub token": ["ghp_" + "a1" * 18, "git clone https://github_pat_" + "a_1" * 20 + "@github.com/x"],
    "a Hugging Face token": ["HF_TOKEN=hf_" + "aB3" * 11],
    "a Weights & Biases key": ["wandb login " + "0123456789" * 4, "API_KEY: " + "abcdef0123" * 4],
    "an API key (sk-...)": ["OPENAI=sk-" + "proj-aB3" * 6],
    "a GitLab token": ["pip install git+https://oauth2:glpat-" + "aB3-" * 5 + "@gitlab.com/x"],
    "a Slack token": [
        "xoxb-" + "1234567890-abc",
        "https://hooks.slack.com/services/" + "T0123/B0123/" + "x" * 24,
    ],
    "a Google API key": ["AIza" + "aB3_5" * 7],
    "an NVIDIA API key": ["nvapi-" + "aB3_5" * 12],
    "a Docker Hub token": ["docker login -u me -p dckr_pat_" + "aB3_5" * 5],
    "an npm token": ["//npm.example.org/:_authToken=npm_" + "aB3" * 12],
    "a PyPI token": ["pypi-" + "AgEI" * 16],
    "a signed token (JWT)": [
        "Bearer eyJ" + "hbGciOiJIUzI1" + ".eyJ" + "zdWIiOiIxMjM0" + "." + "abcDEF_123-4"
    ],
    "a key of a cloud service": [
        "dapi" + "0123456789abcdef" * 2,
        "r8_" + "aB3" * 12 + "x",
        "dop_v1_" + "0123456789abcdef" * 4,
        "sk_live_" + "aB3" * 8,
        "SG." + "a" * 22 + "." + "b" * 43,
        "AccountKey=" + "aB3+" * 20 + "==",
    ],
    "the value of a password or token": [
        "export DB_PASSWORD=" + "changeme",
        "  NGC_API_KEY: " + "'abcdefgh'",
        'MLFLOW_TRACKING_TOKEN="' + "abcdefgh" + '"',
        "CLIENT_SECRET = " + "abcdefgh",
    ],
    "a token or password in a URL": [
        "--index-url https://host/simple?token=" + "abc",
        "https://h/?a=1&password=" + "x",
        "https://h/f?private_token=" + "x",
    ],
    "a user name and password in a URL": ["git+https://me:" + "secret@host/repo"],
    "a conda channel token in a URL": ["- https://conda.example.org/t/" + "tk-123456789/channel"],
}
INNOCENT = [
    "dependencies: [hf_transfer, sk-video, wandb, scikit-learn-intelex]",
    "https://host/numpy-2.0-0.conda#sha256:" + "0123456789abcdef" * 4,
    "https://host/numpy-2.0-0.conda#" + "0123456789abcdef" * 2,
    "--extra-index-url https://${USER}:${PASSWORD}@host/simple?token=${TOKEN}",
    "git+ssh://git@github.com/org/repo.git@0123456789abcdef0123456789abcdef01234567",
    "export WANDB_API_KEY=$(cat ~/.wandb)",
    "export HF_TOKEN=$(cat /run/token) DB_PASSWORD=${PASSWORD} API_KEY=`cat x` X_TOKEN=~/.token",
    "TOKENIZERS_PARALLELISM=false MAX_TOKEN=4096 HF_TOKEN_PATH=/home/ubuntu/token",
    "PASSWORD=<yours> TOKEN={{ token }} SECRET= API_KEY:",
    "tokenizers=0.20  # password=none of the above is in a URL",
]


@pytest.mark.parametrize(("kind", "line"), [(k, line) for k, lines in SAMPLES.items() for line in lines])
def test_each_pattern_is_found_with_its_line(kind: str, line: str) -> None:
    """A secret is reported by file, line and kind."""
    found = secret_scan.find("f", f"one\ntwo\n{line}\n")
    assert (3, kind) in [(finding.line, finding.kind) for finding in found]


@pytest.mark.parametrize("line", INNOCENT)
def test_what_only_resembles_a_secret_passes(line: str) -> None:
    """Package names, hashes of packages and references to variables are no secrets."""
    assert secret_scan.find("f", line) == []


def test_the_refusal_names_the_place_and_never_the_secret() -> None:
    """The message may end in a log: it holds no secret."""
    line = SAMPLES["a Hugging Face token"][0]
    with pytest.raises(ConfigError) as caught:
        secret_scan.refuse({"startup": f"#!/bin/sh\n{line}\n".encode()})
    assert "startup line 2: a Hugging Face token" in caught.value.message
    assert line[-20:] not in caught.value.message + caught.value.hint
