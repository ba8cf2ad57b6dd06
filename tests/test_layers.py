"""The arrows of the design as law: who imports whom, who may import what. Over 200 lines: one picture.

Also how long things may be.
"""

import ast
import copy
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gpuinfra"
MAX_FILE_LINES, MAX_FUNCTION_LINES, MEDIAN_FUNCTION_LINES, MAX_STATEMENTS = 200, 40, 8, 5
BUDGETED = (".py", ".tf", ".hcl", ".sh", ".j2")

# library -> the only modules that may import it, as patterns; the simulator is an optional extra with
# libraries of its own
ONLY_IMPORTERS = {
    "jinja2": {"features.boot.cloud_init"},
    "python_terraform": {"tools.terraform.runner"},
    "boto3": {"tools.aws.*"},
    "botocore": {"tools.aws.*", "tools.ssm.api"},  # there: two exceptions that mean "connect again"
    "typer": {"cli.*"},
    "rich": {"tools.terminal.live"},
    "hcl2": {"tools.terraform.hcl_text"},
    "yaml": {"features.environment.yaml_document"},
    "rattler": {"features.environment.solver_child"},
    "websockets": {"tools.ssm.websocket"},
    "watchfiles": {"features.sync.watcher"},
    "leather": {"features.usage.svg"},
    "subprocess": {"tools.process", "install", "host.*", "programs"},
    "socket": {"tools.*", "features.web.tunnel", "host.*"},
    "click": set(),
}
# who may start or become another program; all others ask tools/process, so that -v shows it
DOORS = {"tools.process", "quick.*", "tools.ssh.terminal_session", "host.*", "simulator.*"}
STARTS = re.compile(r"os\.(exec\w+|posix_spawnp?|system|popen|spawn\w+|fork)\Z")
# room -> what its modules may import of ours, as patterns
ROOMS = {
    "__main__": {"quick.dispatch", "cli.app", "ground.platforms", "ground.streams", "ground.names"},
    "factory": {"factory", "factory.*", "features.*", "tools.*", "ground.*"},
    "install": {"simulator.programs", "ground.ticker"},
    "version": set(),
    "api": {"factory", "factory.*", "features.*", "ground.*", "tools.terminal.callbacks"},
    "cli": {
        "factory",
        "factory.*",
        "features.*",
        "ground.*",
        "tools.terminal.output",
        "version",
        "cli.options",
        "cli.groups",
        "cli.complete",
        "cli.hidden_env",
    },
    "quick": {
        "quick.*",
        "ground.*",
        "factory",  # late: only when the connection was lost
        "features.jobs.request",
        "features.jobs.jobs",  # late, as above
        "features.sync.conversation",
        "features.sync.exchange",
        "features.sync.first",
        "features.sync.mover",
        "features.sync.result",
        "features.sync.rsync_args",
        "features.sync.terms",
        "tools.ssh.terminal_session",
        "tools.ssh.host_bundle",
        "tools.terminal.output",
        "version",
    },
    "features": {"features.*", "tools.*", "ground.*"},
    "tools": {"tools.*", "ground.*", "version"},
    "ground": {"ground.*", "version"},
    "host": {"host.*"},
    "simulator": {"simulator.*", "ground.*"},
}
# feature -> the siblings that it may know
SIBLINGS = {
    "boot": {"connect", "environment"},
    "provision": {"boot", "capacity", "doctor", "events", "money", "quota"},
    "capacity": {"money"},
    "leaks": {"money", "provision"},
    "lifecycle": {"boot", "capacity", "connect", "money", "provision", "ending", "events"},
    "doctor": {"capacity", "quota"},
    "ending": {"connect"},
    "events": {"connect"},
    "gpu": {"jobs", "connect"},
    "usage": {"jobs", "connect", "money"},
    "guard": {"connect"},
    "jobs": {"connect"},
    "spot": {"jobs", "events", "connect"},
    "sync": {"connect"},
    "web": {"connect"},
    "containers": {"connect", "web"},
}
# tool -> the tools that it may know besides process, files and adapter
NEIGHBOURS = {"ssh": {"ssm"}, "ssm": {"aws"}, "terraform": {"aws"}}
SHARED_TOOLS = {"process", "verbose", "files", "adapter", "run_log"}
# the wire format is one file for both ends, and so is the JSON that costs nothing to import
WIRE = {"host.jobs.frames", "host.lean_json"}
# both ends of a sync look at a folder, and change it, by the same code
SIDE = {"host.sync.place", "host.sync.records", "host.sync.scan", "host.sync.side", "host.sync.ignored"}
ALONE = {
    "features.jobs.request": WIRE,
    "tools.ssh.host_client": WIRE,
    "tools.ssh.host_bundle": WIRE,
    "tools.ssh.terminal_session": WIRE,
    "quick.dispatch": WIRE,
    "features.sync.content": SIDE,
    "features.sync.conversation": WIRE,
    "features.sync.decide": SIDE,
    "features.sync.exchange": SIDE,
    "features.sync.first": SIDE,
    "features.sync.mover": SIDE,
    "features.sync.untrusted": SIDE,
    "features.sync.rsync_args": SIDE,
    "features.sync.watcher": SIDE,
    "cli.app": {"cli.*"},
    "cli.options": {"tools.process"},  # to become ssh
}
# what quick commands import at once: none of these may come with it, each costs milliseconds
SLOW = ("typing", "pathlib", "dataclasses", "re", "json", "subprocess", "logging", "typer")
DOOR_LIBRARIES = {"os", "subprocess", "socket", "urllib", "time", "pathlib", "sys", "shutil"}


@cache
def modules(folder: Path = PACKAGE) -> tuple[tuple[str, ast.Module], ...]:
    """Return each module's dotted name below the package, and its syntax tree."""
    names = {p: ".".join(p.relative_to(PACKAGE).with_suffix("").parts) for p in sorted(folder.rglob("*.py"))}
    return tuple((n.removesuffix(".__init__"), ast.parse(p.read_text("utf-8"))) for p, n in names.items())


def imports(tree: ast.AST) -> set[str]:
    """Return all that a tree imports, lazily or not, as dotted names."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def ours(tree: ast.AST) -> set[str]:
    """Return the modules of this package that a tree imports, by their name below it."""
    known = {name for name, _ in modules() if not (PACKAGE / name.replace(".", "/")).is_dir()}
    return {n.removeprefix("gpuinfra.") for n in imports(tree)} & known - {""}


@pytest.mark.parametrize("library", ONLY_IMPORTERS)
def test_only_importer(library: str) -> None:
    """Each library has one home, so that it can be exchanged there."""
    users = {
        name
        for name, tree in modules()
        if not name.startswith("simulator") and library in {n.split(".")[0] for n in imports(tree)}
    }
    homes = ONLY_IMPORTERS[library]
    assert {user for user in users if not any(fnmatchcase(user, home) for home in homes)} == set()


def may(name: str, patterns: set[str]) -> bool:
    """Tell whether a module's name fits one of the patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def room(name: str) -> str:
    """Return the room that a module lives in, or the module at the top."""
    return name.split(".")[0]


def test_every_module_has_a_room() -> None:
    """Nothing lies loose at the top but what the design names."""
    assert {room(name) for name, _ in modules()} - {"", "__init__"} == set(ROOMS)


@pytest.mark.parametrize("law", ROOMS)
def test_the_law_of_a_room(law: str) -> None:
    """A room imports, lazily or not, only what its law names: no arrow leads up."""
    bad = {
        (name, other)
        for name, tree in modules()
        if room(name) == law
        for other in ours(tree)
        if not may(other, ROOMS[law] | ALONE.get(name, set()))
    }
    assert bad == set()


def test_features_know_only_the_siblings_that_the_law_names() -> None:
    """A feature is understood without the others."""
    for name, tree in modules(PACKAGE / "features"):
        own = name.split(".")[1] if "." in name else ""
        seen = {n.split(".")[1] for n in ours(tree) if n.startswith("features.")}
        assert seen - {own} <= SIBLINGS.get(own, set()), name


def test_tools_know_only_their_neighbours() -> None:
    """A door to the world knows no other door, but for those that stand behind it."""
    for name, tree in modules(PACKAGE / "tools"):
        own = name.split(".")[1] if "." in name else ""
        seen = {n.split(".")[1] for n in ours(tree) if n.startswith("tools.")}
        assert seen - {own} - SHARED_TOOLS <= NEIGHBOURS.get(own, set()), name


def without_types(tree: ast.Module) -> ast.Module:
    """Return a module without what it imports for the type checker alone."""

    class Run(ast.NodeTransformer):
        def visit_If(self, node: ast.If) -> ast.AST | None:
            typing_only = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
            return None if typing_only else self.generic_visit(node)

    stripped: ast.Module = Run().visit(copy.deepcopy(tree))
    return stripped


def test_no_circles() -> None:
    """No module imports itself, however long the way, lazily or not."""
    graph = {name: ours(without_types(tree)) for name, tree in modules()}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way, name])
        if name not in done:
            for other in graph.get(name, set()):
                visit(other, (*way, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_only_the_doors_start_programs() -> None:
    """External commands go through tools/process, which shows them with -v; the quick way is excepted."""
    for name, tree in modules():
        if not may(name, DOORS):
            used = {ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
            assert not {n for n in used if STARTS.match(n)}, name


def test_public_class_names_are_unique() -> None:
    """One name, one meaning: no two public classes of the package share one."""
    homes: dict[str, list[str]] = {}
    for name, tree in modules():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(name)
    assert {c: where for c, where in homes.items() if len(where) > 1} == {}


def test_pure_modules_stay_pure() -> None:
    """A module whose first line says "Pure." imports no door to the world."""
    first_lines = {name: (ast.get_docstring(tree) or "").split("\n")[0] for name, tree in modules()}
    pure = {name: tree for name, tree in modules() if "Pure." in first_lines[name]}
    assert len(pure) >= 8
    for name, tree in pure.items():
        assert not DOOR_LIBRARIES & {n.split(".")[0] for n in imports(tree)}, name
        assert not {n for n in ours(tree) if n.startswith("tools.") and n not in pure}, name


def test_the_quick_way_imports_nothing_slow() -> None:
    """What `gpuinfra ip` and `version` import before they answer costs no milliseconds."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import gpuinfra.quick.dispatch\n"
    code += f"print(sorted(set(sys.modules) & set({SLOW!r})))"
    argv = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_line_imports_no_values_before_it_knows_the_command() -> None:
    """They cost 20 ms, of which `prices` from the cache, for one, needs nothing."""
    slow = {"gpuinfra.ground.model", "gpuinfra.ground.world", "gpuinfra.ground.protocols"}
    code = f"import sys; import gpuinfra.cli.app; print(sorted(set(sys.modules) & {slow!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def functions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield each function with its length: all its lines but the docstring's."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            text = ast.get_docstring(node) is not None and isinstance(first, ast.Expr)
            docs = (first.end_lineno or 0) - first.lineno + 1 if text else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - docs


def test_functions_are_short() -> None:
    """No function is over 40 lines, and half of them have at most 8."""
    lengths = {f"{name}:{f}": n for name, tree in modules() for f, n in functions(tree)}
    assert {f: n for f, n in lengths.items() if n > MAX_FUNCTION_LINES} == {}
    assert statistics.median(lengths.values()) <= MEDIAN_FUNCTION_LINES


def test_files_are_short() -> None:
    """A file over 200 lines says why in its first lines."""
    folders = (PACKAGE, ROOT / "tests", ROOT / "terraform", ROOT / "cloud-init")
    paths = [p for f in folders for p in f.rglob("*") if p.suffix in BUDGETED and ".terraform" not in p.parts]
    long = [p for p in paths if len(p.read_text(encoding="utf-8").splitlines()) > MAX_FILE_LINES]
    silent = [str(p.relative_to(ROOT)) for p in long if "over 200 lines" not in _head(p).lower()]
    assert silent == []


def _head(path: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8").splitlines()[:2])


def test_commands_have_at_most_five_statements() -> None:
    """A command calls one action and prints what it returns."""
    for name, tree in modules():
        if name.startswith("cli."):
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and node.name != "main":
                    assert len(node.body) - (ast.get_docstring(node) is not None) <= MAX_STATEMENTS, node.name


def test_nothing_prints_but_the_console() -> None:
    """`print` is nobody's: results and narration have one way out."""
    for name, tree in modules():
        called = {
            n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        assert "print" not in called, name


def test_no_test_patches() -> None:
    """Tests pass fakes; none reaches into a module to change it."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not {n for n in imports(tree) if n.startswith("unittest.mock")}, path
        attributes = {ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        assert not attributes & {"monkeypatch.setattr", "mocker.patch", "mock.patch"}, path
