"""The Solver port: one child process per solve; its answer becomes a solution or an error in plain words."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gpuinfra.features.environment.lock_file import DEFAULT_ALIAS
from gpuinfra.features.environment.solution import LockedPackage, Solution, SolveRequest
from gpuinfra.ground import locations
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.names import CHANNEL_ALIAS
from gpuinfra.tools import process
from gpuinfra.tools.adapter import adapter

ANSWER_S, REQUEST_S = 300, 60
TRIES = 2  # it may crash before it has answered, too
CHILD = (sys.executable, "-P", "-m", "gpuinfra.features.environment.solver_child")


@adapter("the solver cannot be run", hint=locations.set_up("solve"))
class RattlerSolver:
    """Solves by py-rattler for linux-64, whatever this machine is."""

    def __init__(self, *, cache: Path, environ: Mapping[str, str], argv: Sequence[str] = CHILD) -> None:
        self._cache = cache
        self._environ = environ
        self._argv = argv

    def solve(self, question: SolveRequest) -> Solution:
        """Return the packages.

        Raises:
            ConfigError: the channels have no answer, or do not answer.
        """
        answer = self._ask(question)
        if answer["kind"] != "solved":
            raise _refused(answer, question)
        packages = tuple(LockedPackage(**package) for package in answer["packages"])
        return Solution(cuda=question.cuda, packages=packages)

    def _ask(self, question: SolveRequest) -> dict[str, Any]:
        request = {
            "channels": question.channels,
            "specs": question.specs,
            "cuda": question.cuda,
            "alias": self._environ.get(CHANNEL_ALIAS) or DEFAULT_ALIAS,
            "cache": str(self._cache),
            "timeout_s": REQUEST_S,
        }
        for _ in range(TRIES):
            ended = self._run(json.dumps(request))
            answer = _answer(ended.stdout)
            if answer:
                return answer
        last = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        message = f"the solver crashed (exit code {ended.returncode}): {last}"
        raise ConfigError(message, hint=locations.set_up("solve"))

    def _run(self, request: str) -> process.Completed:
        try:
            return process.run(self._argv, given=request.encode(), env=self._environ, timeout_s=ANSWER_S)
        except TimeoutError:
            raise ConfigError(
                f"no answer from the channels after {ANSWER_S} s", hint="try again later"
            ) from None


def _answer(stdout: str) -> dict[str, Any] | None:
    """Return what the child said before it ended, however it ended."""
    try:
        answer = json.loads(stdout)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and "kind" in answer else None


def _refused(answer: Mapping[str, Any], question: SolveRequest) -> ConfigError:
    where, message = ", ".join(question.channels), answer["message"]
    if answer["kind"] == "missing":
        return ConfigError(f"{message}: it is the extra 'solve' of gpuinfra", hint=locations.set_up("solve"))
    if answer["kind"] == "network" and "certificate" in message:
        return ConfigError(
            f"the channels' certificate is not trusted here: {message}",
            hint="export SSL_CERT_FILE=...   # the file with your company's certificates",
        )
    if answer["kind"] == "network":
        return ConfigError(
            f"no network, or the channels do not answer: {message}",
            hint="gpuinfra env check   # works offline",
        )
    if answer["kind"] == "channel":
        return ConfigError(f"there is no such channel (asked: {where}): {message}", hint="gpuinfra env check")
    if answer["kind"] == "unknown":
        return ConfigError("; ".join(_unknown(n, near, where) for n, near in answer["unknown"].items()))
    if answer["kind"] == "spec":
        return ConfigError(f"conda will not understand {message}")
    host = f"linux-64 with CUDA {question.cuda}" if question.cuda else "linux-64 without a GPU"
    return ConfigError(f"there is no such environment for {host}:\n{message}")


def _unknown(name: str, near: Sequence[str], where: str) -> str:
    tip = f"; did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
    return f"{name!r} is in no channel ({where}){tip}"
