"""No fixed wait decides a test's result: the tests themselves, read."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
# here a limit of time is what the test is about
ABOUT_A_LIMIT = {
    "features/web/test_tunnel.py": 1,
    "tools/ssh/test_host_client_errors.py": 1,
    "simulator/test_control.py": 1,
    "gpu/proof.py": 4,  # no test: it runs on a machine with a GPU, and must end in 8 minutes
}
WAITING = {"wait", "communicate", "join", "result", "sleep"}


def limits(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that wait for a number of seconds written there; polls (below a second) are none."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            named = [it.value for it in call.keywords if it.arg in ("timeout", "timeout_s")]
            name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            plain = [it for it in call.args[:1] if name in WAITING and _number(it) >= 1]
            if plain or any(_number(it) > 0 for it in named):
                yield call


def _number(node: ast.expr) -> float:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int | float) else 0.0


def test_every_wait_has_the_same_generous_limit() -> None:
    """A wait is for a condition and ends with PATIENCE_S: a number of seconds fails on a busy machine."""
    files = [it for it in HERE.rglob("*.py") if "bench" not in it.parts]
    found = {it.relative_to(HERE).as_posix(): [*limits(ast.parse(it.read_text()))] for it in files}
    counted = Counter({name: len(calls) for name, calls in found.items() if calls})
    assert counted == ABOUT_A_LIMIT, {name: [it.lineno for it in found[name]] for name in counted}
