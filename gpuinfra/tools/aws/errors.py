"""What boto3 raises, turned into our errors: one context manager for all calls."""

import configparser
from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from gpuinfra.ground.errors import CloudError, ConfigError
from gpuinfra.ground.model import Settings
from gpuinfra.tools.aws.error_codes import no_credentials, refused, unreachable


@contextmanager
def map_boto_errors(service: str = "aws", settings: Settings | None = None) -> Iterator[None]:
    """Raise our errors for boto3's, and for what it lets through of the user's files.

    Raises:
        CloudError: AWS refuses or cannot be reached, its answer has another shape than it promises, or nobody
            says who the caller is.
        ConfigError: a file below ~/.aws cannot be read.
    """
    try:
        yield
    except boto.ClientError as error:
        answer = error.response.get("Error", {})
        raise refused(
            answer.get("Code", "Unknown"),
            answer.get("Message", ""),
            service=service,
            operation=error.operation_name,
            settings=settings,
        ) from None
    except (boto.NoCredentialsError, boto.ProfileNotFound) as error:
        raise no_credentials(str(error)) from None
    except (boto.ConfigParseError, configparser.Error, UnicodeError) as error:
        raise ConfigError(
            f"the AWS configuration cannot be read: {error}", hint="aws configure list   # names the files"
        ) from None
    except (boto.HTTPClientError, boto.ConnectionError, ResponseParserError) as error:
        raise unreachable(str(error)) from None
    except boto.BotoCoreError as error:
        raise CloudError(f"boto3: {error}", hint="aws sts get-caller-identity") from None
    except (
        KeyError,
        IndexError,
    ) as error:  # a service that only looks like AWS, a list that must not be empty
        raise CloudError(
            f"an answer of {service} lacks what AWS promises: {error!r}",
            hint="aws sts get-caller-identity   # does AWS itself answer?",
        ) from error
    except OSError as error:
        raise ConfigError(f"an AWS call could not be made on this machine: {error}") from None
