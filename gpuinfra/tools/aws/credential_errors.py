"""Why there are no credentials, in words: each kind has a command of its own that mends it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from botocore import exceptions as boto

from gpuinfra.ground.errors import CloudError, GpuInfraError
from gpuinfra.tools.aws.error_codes import no_credentials, refused, unreachable

SIGN_IN = (boto.UnauthorizedSSOTokenError, boto.SSOTokenLoadError, boto.TokenRetrievalError)
NETWORK = (boto.HTTPClientError, boto.ConnectionError)
# What a profile has, and what that makes of it; the first that fits, in the order in which boto3 looks.
KINDS = (
    ("role_arn", "role"),
    ("web_identity_token_file", "role"),
    ("sso_session", "sso"),
    ("sso_account_id", "sso"),
    ("sso_role_name", "sso"),
    ("aws_access_key_id", "keys"),
    ("login_session", "login"),
    ("credential_process", "process"),
)


@dataclass(frozen=True, kw_only=True)
class CredentialSource:
    """A profile, and the kind of its credentials; empty where no file says any."""

    profile: str
    kind: str

    @classmethod
    def of(cls, core: Any) -> Self:
        """Return the profile that a session of botocore uses."""
        name = core.get_config_variable("profile") or "default"
        has = core.full_config.get("profiles", {}).get(name, {})
        return cls(profile=name, kind=next((kind for key, kind in KINDS if key in has), ""))

    @property
    def whose(self) -> str:
        """Name the credentials."""
        return "the AWS credentials" + (f" of profile {self.profile}" if self.kind else "")

    @property
    def cure(self) -> str:
        """Return the command that gets credentials of this kind, or shows why there are none."""
        name = shlex.quote(self.profile)
        if not self.kind:  # the environment, or the machine's own role
            return "aws sts get-caller-identity"
        return {
            "keys": f"aws configure --profile {name}",
            "sso": f"aws sso login --profile {name}",
            "login": f"aws login --profile {name}",
            "process": f"aws configure get credential_process --profile {name}   # run what it prints",
        }.get(self.kind, f"aws sts get-caller-identity --profile {name}")


def explained(error: Exception, source: CredentialSource) -> GpuInfraError:
    """Return the error for credentials that could not be had, or could not be renewed."""
    whose = source.whose
    if isinstance(error, boto.ProfileNotFound | boto.PartialCredentialsError):
        return no_credentials(str(error))
    if isinstance(error, boto.ClientError):
        return _refused(error, source)
    if isinstance(error, NETWORK):
        return unreachable(str(error))
    if isinstance(error, SIGN_IN):
        return CloudError(f"the sign-in of profile {source.profile} has ended: {error}", hint=_sso(source))
    if isinstance(error, boto.RefreshWithMFAUnsupportedError):
        return CloudError(
            f"{whose} have ended, and new ones need another MFA code",
            hint="the same command again, which asks for it; nothing is lost",
        )
    if isinstance(error, boto.MissingDependencyException):  # the source_profile is one of `aws login`
        return CloudError(
            f"{whose} come by way of another profile's `aws login`, which boto3 cannot read",
            hint='give that one: credential_process = "aws configure export-credentials --profile NAME'
            ' --format process" in place of its login_session',
        )
    if source.kind == "login" and isinstance(error, FileNotFoundError):
        return CloudError(
            f"{whose} come by `aws login`, and the AWS CLI is not on PATH",
            hint="https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
        )
    return CloudError(f"{whose} cannot be had: {_words(error, source)}", hint=source.cure)


def _sso(source: CredentialSource) -> str:
    """Return the sign-in; a role's source_profile is another profile than that of the caller."""
    return source.cure if source.kind == "sso" else "aws sso login --profile NAME   # of the source_profile"


def _words(error: Exception, source: CredentialSource) -> str:
    """Return what went wrong: the process's own words, if there are any."""
    if isinstance(error, boto.CredentialRetrievalError):
        said: Mapping[str, Any] = error.kwargs
        return str(said["error_msg"]).strip() or "its process failed without a word"
    if isinstance(error, boto.BotoCoreError | RuntimeError):
        return str(error)
    if source.kind == "process":
        wrong = "cannot be run" if isinstance(error, OSError) else "does not print what AWS asks for"
        return f"its credential_process {wrong}: {error}"
    return str(error)


def _refused(error: boto.ClientError, source: CredentialSource) -> GpuInfraError:
    """Return the error for a role that the caller does not get."""
    answer = error.response.get("Error", {})
    code, message = answer.get("Code", "Unknown"), answer.get("Message", "")
    if "MultiFactorAuthentication" in message or "tokenCode" in message:
        return CloudError(
            f"AWS did not take the MFA code: {message}",
            hint="the same command again; each code is taken once, and holds for half a minute",
        )
    service = "sso" if error.operation_name == "GetRoleCredentials" else "sts"
    if code in ("ForbiddenException", "ResourceNotFoundException"):
        return CloudError(f"profile {source.profile}: {message} ({code})", hint=source.cure)
    return refused(code, message, service=service, operation=error.operation_name, settings=None)
