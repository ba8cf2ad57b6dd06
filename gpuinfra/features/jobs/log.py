"""`job logs`: what a job has printed, also through lost connections."""

from collections.abc import Callable

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.connect.reconnect import connect_with_retry, reconnect
from gpuinfra.features.jobs.job import parse
from gpuinfra.features.jobs.jobs import SSH_FAILED, ask, request_about
from gpuinfra.ground.errors import Interrupted
from gpuinfra.ground.world import World

Write = Callable[[bytes], None]


def logs(world: World, job_id: str, *, follow: bool, write: Write) -> int:
    """Hand a job's log to `write`, with `follow` until it ends; return ssh's exit code.

    Raises:
        Interrupted: Ctrl-C; the job goes on.
    """
    try:
        return _follow(world, job_id, write) if follow else _copy_log(world, job_id, write)
    except KeyboardInterrupt:
        raise Interrupted("stopped following; the job goes on") from None


def _copy_log(world: World, job_id: str, write: Write) -> int:
    request = request_about(world, "logs", job_id, offset=0, follow=False)
    return world.host.stream(connect(world), request, write)[0]


def _follow(world: World, job_id: str, write: Write) -> int:
    """Go on until it ends, through lost connections and restarts of the host."""
    host, offset = connect_with_retry(world), 0
    job_id = parse(ask(world, "view", job=job_id, host=host)).id
    while True:
        request = request_about(world, "logs", job_id, offset=offset, follow=True)
        code, copied = world.host.stream(host, request, write)
        offset += copied
        if code != SSH_FAILED:
            return code
        world.reporter.say("the connection is lost; the job goes on")
        host = reconnect(world)
