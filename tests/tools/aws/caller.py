"""A command in a process of its own, as its HOME is: asks for credentials as often as one of ours does."""

import json
import os
import sys

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.tools.aws.client import core
from gpuinfra.tools.aws.handover import handed_over

if __name__ == "__main__":
    try:
        keys = [core("us-east-1").get_credentials().get_frozen_credentials().access_key for _ in range(2)]
        with handed_over(os.environ, []) as env:
            keys.append(env.get("AWS_ACCESS_KEY_ID", "served"))
        sys.stdout.write(json.dumps(keys) + "\n")
    except GpuInfraError as error:
        sys.stdout.write(f"error: {error.message}\nnext: {error.hint}\n")
