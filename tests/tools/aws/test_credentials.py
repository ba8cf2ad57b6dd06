"""Each kind of credentials: found once, handed to a child that has them renewed; in words: over 200 lines."""

import fcntl
import hashlib
import json
import os
import pty
import re
import stat
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore import exceptions as boto

from gpuinfra.ground.errors import GpuInfraError, TerraformError
from gpuinfra.ground.paths import Project
from gpuinfra.tools.aws.client import core
from gpuinfra.tools.aws.credential_errors import CredentialSource
from gpuinfra.tools.aws.credentials import Credentials
from gpuinfra.tools.aws.handover import SOURCES, handed_over
from gpuinfra.tools.terminal.terminal import Terminal
from gpuinfra.tools.terraform.opened import opened
from tests.tools.aws.issuer import CODE, SECRET, TOKEN, Issuer, issuing

ROOT = Path(__file__).resolve().parents[3]
KEYS = "aws_access_key_id = AKIASOURCE\naws_secret_access_key = x\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/gpu\n"
MFA = "mfa_serial = arn:aws:iam::123456789012:mfa/ada\n"
SSO = (
    "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Gpu\n"
    "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n"
)
# Prints keys, numbered by the calls so far, which end in so many seconds.
PROCESS = """\
#!{python}
import datetime, json, os, pathlib, sys
calls = pathlib.Path(__file__).with_suffix(".calls")
number = len(calls.read_text().split()) + 1 if calls.exists() else 1
calls.open("a").write("x ")
end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds={lasts_s})
print(json.dumps({{"Version": 1, "AccessKeyId": f"ASIA{{number}}", "SecretAccessKey": "{secret}",
                   "SessionToken": "{token}", "Expiration": end.isoformat()}}))
"""
Set = Callable[..., None]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """Who gives credentials."""
    with issuing() as server:
        yield server


@pytest.fixture
def given(tmp_path: Path, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> Set:
    """Set the caller's configuration: nothing of this machine's is left."""
    for name in [*SOURCES, *(n for n in os.environ if n.startswith("AWS_"))]:
        monkeypatch.delenv(name, raising=False)

    def fill(config: str = "", credentials: str = "", **env: str) -> None:
        (tmp_path / ".aws").mkdir(exist_ok=True)
        (tmp_path / ".aws" / "config").write_text(config)
        (tmp_path / ".aws" / "credentials").write_text(credentials)
        env = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": issuer.url, **env}
        for name, value in {"HOME": str(tmp_path), "AWS_PROFILE": "gpu", **env}.items():
            if value:
                monkeypatch.setenv(name, value)
            else:
                monkeypatch.delenv(name, raising=False)

    return fill


def program(path: Path, lasts_s: int = 3600) -> str:
    """Write a credential_process."""
    path.write_text(PROCESS.format(python=sys.executable, lasts_s=lasts_s, secret=SECRET, token=TOKEN))
    path.chmod(0o755)
    return f"credential_process = {path}\n"


def fetch(env: Mapping[str, str], token: str = "") -> dict[str, str]:
    """Ask as the AWS SDK of a child does."""
    headers = {"Authorization": token or env["AWS_CONTAINER_AUTHORIZATION_TOKEN"]}
    with urlopen(Request(env["AWS_CONTAINER_CREDENTIALS_FULL_URI"], headers=headers)) as answer:
        return dict(json.load(answer))


def own_key() -> str:
    """Return the key that a call of boto3's would be signed with."""
    found = core("us-east-1").get_credentials()
    assert found
    return str(found.get_frozen_credentials().access_key)


def refusal() -> GpuInfraError:
    """Return why a child could not be started with credentials."""
    with pytest.raises(GpuInfraError) as caught, handed_over(os.environ, []):
        pass
    return caught.value


STATIC = {
    "keys of a profile": {"credentials": f"[gpu]\n{KEYS}"},
    "environment": {"AWS_ACCESS_KEY_ID": "AKIASOURCE", "AWS_SECRET_ACCESS_KEY": "x", "AWS_PROFILE": ""},
    # boto3 takes keys before AWS_PROFILE, Terraform's provider after it: two accounts
    "environment, beside a profile": {
        "credentials": "[gpu]\naws_access_key_id = OTHER\naws_secret_access_key = y\n",
        "AWS_ACCESS_KEY_ID": "AKIASOURCE",
        "AWS_SECRET_ACCESS_KEY": "x",
    },
}


@pytest.mark.parametrize("kind", STATIC)
def test_keys_that_do_not_end(kind: str, given: Set) -> None:
    """They are in the child's environment, and no name by which it would look for others."""
    given(**STATIC[kind])
    with handed_over({**os.environ, "AWS_ROLE_ARN": "x", "TF_LOG": "y"}, []) as env:
        assert own_key() == env["AWS_ACCESS_KEY_ID"] == "AKIASOURCE"
        assert set(SOURCES) & set(env) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
        assert env["TF_LOG"] == "y"


def renewable(kind: str, issuer: Issuer, directory: Path) -> dict[str, str]:
    """Return the configuration of one kind."""
    role = f"[profile gpu]\n{ROLE}source_profile = me\n[profile me]\n{KEYS}"
    (directory / "web").write_text("a web token")
    web = f"[profile gpu]\n{ROLE}web_identity_token_file = {directory / 'web'}\n"
    return {
        "role": {"config": role},
        "web identity": {"config": web},
        "credential_process": {"config": f"[profile gpu]\n{program(directory / 'cred')}"},
        "container": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{issuer.url}/agent", "AWS_PROFILE": ""},
        "instance": {
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": issuer.url,
            "AWS_EC2_METADATA_DISABLED": "",
            "AWS_PROFILE": "",
        },
    }[kind]


@pytest.mark.parametrize("kind", ["role", "web identity", "credential_process", "container", "instance"])
def test_keys_that_end(kind: str, given: Set, issuer: Issuer, tmp_path: Path) -> None:
    """They are got once, and the child asks for them at an address: none of them is in its environment."""
    given(**renewable(kind, issuer, tmp_path))
    assert own_key() == "ASIA1"
    with handed_over(os.environ, []) as env:
        answer = fetch(env)
        assert (answer["AccessKeyId"], answer["SecretAccessKey"], answer["Token"]) == ("ASIA1", SECRET, TOKEN)
        assert answer["Expiration"].endswith("Z")
        assert not [name for name, value in env.items() if SECRET in value or value == TOKEN]
        assert env["AWS_CONFIG_FILE"] == env["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
        assert (set(SOURCES) & set(env)) == {
            n for n in SOURCES if "FULL_URI" in n or n.endswith("TION_TOKEN")
        }
    assert own_key() == "ASIA1"


@pytest.mark.parametrize(("kind", "asked"), [("role", ["AssumeRole"]), ("credential_process", [])])
def test_a_code_is_asked_before_terraform_is_at_work(
    kind: str, asked: list[str], given: Set, issuer: Issuer, tmp_path: Path
) -> None:
    """Opening Terraform gets what may need a question; a live view has the terminal later."""
    given(**renewable(kind, issuer, tmp_path))
    environ = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    (tmp_path / "clone").mkdir()
    with suppress(TerraformError, OSError):  # it may be that there is no Terraform here
        opened(
            Project(root=tmp_path / "clone"),
            Project(root=tmp_path / "clone").stack("default"),
            environ,
            Terminal(),
        )
    assert issuer.asked == asked
    assert not (tmp_path / "cred.calls").exists()


def test_only_the_child_gets_them(given: Set, tmp_path: Path) -> None:
    """Another program of this machine has no token; when the child has ended nobody answers any more."""
    given(f"[profile gpu]\n{program(tmp_path / 'cred')}")
    with handed_over(os.environ, []) as env:
        with pytest.raises(HTTPError, match="401"):
            fetch(env, token="guessed")
        url = env["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        assert url.startswith("http://127.0.0.1:")
    with pytest.raises(OSError, match="refused"):
        fetch(env)


def test_renewed_while_the_child_runs(given: Set, tmp_path: Path) -> None:
    """Whoever asks near their end gets others, which hold longer."""
    given(f"[profile gpu]\n{program(tmp_path / 'cred', lasts_s=60)}")
    with handed_over(os.environ, []) as env:
        numbers = [int(fetch(env)["AccessKeyId"].removeprefix("ASIA")) for _ in range(3)]
    assert numbers == sorted(set(numbers))


def test_what_still_holds_is_used_to_its_end(given: Set, tmp_path: Path) -> None:
    """That the source fails before the keys have ended stops nobody."""
    given(f"[profile gpu]\n{program(tmp_path / 'cred', lasts_s=60)}")
    failures: list[GpuInfraError] = []
    with handed_over(os.environ, failures) as env:
        (tmp_path / "cred").write_text("#!/bin/sh\necho gone >&2; exit 1\n")
        assert fetch(env)["AccessKeyId"]
    assert failures == []


class Ended:
    """Credentials that have ended, and whose source fails."""

    _expiry_time = datetime(2020, 1, 1, tzinfo=UTC)

    def __init__(self, error: Exception) -> None:
        self.error = error

    def get_frozen_credentials(self) -> None:
        """Fail."""
        raise self.error


REFUSED = boto.ClientError(
    {"Error": {"Code": "ForbiddenException", "Message": "No access"}}, "GetRoleCredentials"
)
WORDS = {
    "process": (
        boto.CredentialRetrievalError(provider="p", error_msg="vault: sealed\n"),
        "process",
        "vault: sealed",
    ),
    "MFA": (boto.RefreshWithMFAUnsupportedError(), "role", "another MFA code"),
    "SSO": (boto.UnauthorizedSSOTokenError(), "sso", "aws sso login --profile gpu"),
    "SSO role": (REFUSED, "sso", "No access"),
    "login of a source": (boto.MissingDependencyException(msg="crt"), "role", "export-credentials"),
    "network": (boto.EndpointConnectionError(endpoint_url="https://sts"), "role", "cannot be reached"),
    "no such program": (FileNotFoundError(2, "No such file", "vault"), "process", "cannot be run: .*vault"),
    "no AWS CLI": (FileNotFoundError(2, "No such file", "aws"), "login", "the AWS CLI is not on PATH"),
    "no JSON": (ValueError("Expecting value"), "process", "does not print what AWS asks for"),
}


@pytest.mark.parametrize("case", WORDS)
def test_the_end_in_words(case: str) -> None:
    """Each source says why it gives none, in its own words where it has any, and what mends it."""
    error, kind, words = WORDS[case]
    with pytest.raises(GpuInfraError) as caught:
        Credentials(Ended(error), CredentialSource(profile="gpu", kind=kind)).get_frozen_credentials()
    assert re.search(words, f"{caught.value.message} {caught.value.hint}")
    assert caught.value.hint


MISSING = {
    "process": (
        "[profile gpu]\ncredential_process = sh -c 'echo vault is sealed >&2; exit 1'\n",
        "vault is sealed",
    ),
    "no JSON": ("[profile gpu]\ncredential_process = echo hello\n", "does not print what AWS asks for"),
    "no program": ("[profile gpu]\ncredential_process = /no/vault\n", "/no/vault"),
    "profile": ("[default]\n", "gpu"),
    "source": (f"[profile gpu]\n{ROLE}source_profile = nobody\n", "nobody"),
    "nothing": ("[profile gpu]\nregion = us-east-1\n", "no AWS credentials were found"),
}


@pytest.mark.parametrize("case", MISSING)
def test_none_to_begin_with(case: str, given: Set) -> None:
    """Terraform is not started without credentials, and their own source says why there are none."""
    config, words = MISSING[case]
    given(config)
    assert words in refusal().message


def test_a_profile_of_aws_login(given: Set, tmp_path: Path) -> None:
    """The AWS CLI is asked for what it alone can renew; without it that is said."""
    given("[profile gpu]\nlogin_session = arn:aws:iam::123456789012:user/ada\n", PATH=str(tmp_path))
    assert "the AWS CLI is not on PATH" in refusal().message
    program(tmp_path / "aws")
    assert own_key() == "ASIA1"
    with handed_over(os.environ, []) as env:
        assert fetch(env)["AccessKeyId"] == "ASIA1"


def test_what_a_profile_says_beside_its_credentials(given: Set, tmp_path: Path) -> None:
    """Certificates and endpoints of the profile hold in the child, which reads none; its own come first."""
    ours = "ca_bundle = /corp.pem\nuse_fips_endpoint = true\nendpoint_url = https://any\nservices = inside\n"
    inside = "[services inside]\nec2 =\n  endpoint_url = https://ec2.inside\n"
    given(f"[profile gpu]\n{program(tmp_path / 'cred')}{ours}{inside}")
    with handed_over(os.environ, []) as env:
        assert env["AWS_CA_BUNDLE"] == "/corp.pem"
        assert env["AWS_USE_FIPS_ENDPOINT"] == "true"
        assert env["AWS_ENDPOINT_URL_EC2"] == "https://ec2.inside"
        assert env["AWS_ENDPOINT_URL"] == os.environ["AWS_ENDPOINT_URL"]


def caller() -> str:
    """Run a command in a process of its own, without a terminal; return what it says."""
    argv = [sys.executable, "-m", "tests.tools.aws.caller"]
    done = subprocess.run(
        argv,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout


def test_single_sign_on(given: Set, issuer: Issuer, tmp_path: Path) -> None:
    """The portal is asked once, the AWS CLI's cache answers the next command; an ended sign-in is told."""
    given(f"[profile gpu]\n{SSO}")
    assert "next: aws sso login --profile gpu" in caller()
    token = {"accessToken": "t", "expiresAt": "2099-01-01T00:00:00Z", "region": "us-east-1", "startUrl": "x"}
    cache = tmp_path / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    (cache / f"{hashlib.sha1(b'corp').hexdigest()}.json").write_text(json.dumps(token))
    for _ in range(2):
        assert json.loads(caller()) == ["ASIA1", "ASIA1", "served"]
    kept = list((tmp_path / ".aws" / "cli" / "cache").glob("*.json"))
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept] == [0o600]
    kept[0].unlink()
    issuer.refuses = True
    assert "has ended" in caller()


def test_an_mfa_code_is_asked_once(given: Set, issuer: Issuer, tmp_path: Path) -> None:
    """At the terminal, though stdin and stdout lead elsewhere; the next command need not ask."""
    given(f"[profile gpu]\n{ROLE}{MFA}source_profile = me\n[profile me]\n{KEYS}")
    assert "there is no terminal to ask at" in caller()
    assert issuer.asked == []
    assert "did not take the MFA code" in at_a_terminal("000000")
    assert json.loads(at_a_terminal(CODE)) == ["ASIA1", "ASIA1", "served"]
    assert json.loads(caller()) == ["ASIA1", "ASIA1", "served"]
    assert issuer.asked == ["AssumeRole", "AssumeRole"]


def at_a_terminal(code: str) -> str:
    """Run a command at a terminal whose user types a code; return what went to its stdout, a pipe."""
    screen, inner = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.tools.aws.caller"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(inner, termios.TIOCSCTTY, 0),
    ) as process:
        shown = b""
        while b"MFA code" not in shown:
            shown += os.read(screen, 1000)
        os.write(screen, f"{code}\n".encode())
        assert process.stdout
        said = process.stdout.read()
    os.close(inner)
    os.close(screen)
    return said
