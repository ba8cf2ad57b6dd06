"""The simulator's own process: binds, says that it is ready, serves, and dies with its parent."""

import functools
import json
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from gpuinfra.simulator.api.app import SimulatorApp
from gpuinfra.simulator.api.control import ControlApi
from gpuinfra.simulator.api.seed import load_seed
from gpuinfra.simulator.api.state import SimulatorState
from gpuinfra.simulator.extra import require_extra
from gpuinfra.simulator.hosts import Hosts

ADDRESS = "127.0.0.1"  # not localhost: SDKs would put S3 buckets before the name
PARENT_POLL_S = 0.25
# read by moto when it is imported
MOTO_SETTINGS = {
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_ENABLE_KEYPAIR_VALIDATION": "true",
}


def serve(*, port: int, ready_file: Path | None, log_file: Path | None, hosts: Hosts | None = None) -> None:
    """Serve until SIGTERM, Ctrl-C, or the death of the parent; port 0 takes a free one."""
    require_extra()
    die_with_parent(os.getppid())
    signal.signal(signal.SIGTERM, _exit)
    _log_to(log_file)
    server = make_server(port, SimulatorState(seed=load_seed(), hosts=hosts))
    url = f"http://{ADDRESS}:{server.port}"
    if ready_file:
        _announce(ready_file, {"url": url, "pid": os.getpid()})
    else:
        sys.stderr.write(f"AWS simulator at {url} (no AWS account is used); Ctrl-C ends it\n")
    server.serve_forever()


def make_server(port: int, state: SimulatorState) -> Any:
    """Bind a threaded server for a state; moto is imported here, after its settings."""
    os.environ.update(MOTO_SETTINGS)
    _share_sessions()
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import make_server as make_wsgi_server

    from gpuinfra.simulator.api.account import MotoAccount
    from gpuinfra.simulator.api.machines import MachineRunner
    from gpuinfra.simulator.api.schedules import ScheduleRunner

    account = MotoAccount(state=state)
    control = ControlApi(state=state, account=account)
    app = SimulatorApp(state=state, backend=account, control=control, owner=account.owner)
    server = make_wsgi_server(ADDRESS, port, app, threaded=True, request_handler=MotoRequestHandler)
    ScheduleRunner(state, account.schedules).start(f"http://{ADDRESS}:{server.port}")
    MachineRunner(state, account.executions).start(f"http://{ADDRESS}:{server.port}")
    return server


def _share_sessions() -> None:
    """Let moto ask one session of boto3 for all regions: each new one reads and parses the models again."""
    import boto3

    boto3.Session = functools.cache(boto3.Session)  # type: ignore[assignment, misc]


def die_with_parent(parent: int, poll_s: float = PARENT_POLL_S) -> None:
    """End this process, without any cleaning up, once its parent is no longer `parent`.

    Polling, not PR_SET_PDEATHSIG: that fires already when the parent's *thread* ends, and only on Linux.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(poll_s)
        os._exit(0)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _exit(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def _log_to(log_file: Path | None) -> None:
    handler = logging.FileHandler(log_file, encoding="utf-8") if log_file else logging.NullHandler()
    logging.basicConfig(level=logging.INFO, handlers=[handler], format="%(asctime)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # one line a call is enough: ours


def _announce(ready_file: Path, what: dict[str, Any]) -> None:
    """Write the ready file whole, or not at all."""
    draft = ready_file.with_name(f".{ready_file.name}.{os.getpid()}")
    draft.write_text(json.dumps(what), encoding="utf-8")
    draft.replace(ready_file)
