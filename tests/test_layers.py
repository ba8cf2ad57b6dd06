"""The arrows of the design as law: who imports whom, who may import what, how long things may be."""

import ast
import statistics
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
    "boto3": {"tools.aws.*", "tools.ssm.api", "features.containers.ecr"},
    "botocore": {"tools.aws.*", "tools.ssm.api", "features.containers.ecr"},
    "typer": {"cli.*"},
    "rich": {"tools.terminal.live"},
    "hcl2": {"tools.terraform.tfvars"},
    "yaml": {"features.environment.yaml_document"},
    "rattler": {"features.environment.solver_child"},
    "websockets": {"tools.ssm.websocket"},
    "watchfiles": {"features.sync.watcher"},
    "click": set(),
}
PURE = {
    "ground.errors",
    "ground.names",
    "version",
    "features.sync.rsync_args",
    "ground.model",
    "ground.boot_status",
    "ground.text",
    "features.boot.progress",
    "features.provision.resource_names",
    "features.provision.plan_text",
    "features.money.network_costs",
    "tools.aws.error_codes",
    "tools.terraform.errors",
    "tools.ssh.host_keys",
}


# what the move of files alone leaves: mended in the commits that follow
OWED = {
    "tools.terraform.stack_files",
}


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


def test_errors_import_nothing_of_ours() -> None:
    """Errors and names are at the bottom."""
    for name, tree in modules():
        if name in ("ground.errors", "ground.names", "version", "tools.ssh.host_keys"):
            assert ours(tree) == set(), name


def test_pure_modules_stay_pure() -> None:
    """What is pure imports only what is pure, and no door to the world."""
    doors = {"os", "subprocess", "socket", "urllib", "time", "pathlib", "sys", "shutil"}
    for name, tree in modules():
        if name in PURE - {"ground.names"}:
            assert ours(tree) <= PURE, name
            assert not doors & {n.split(".")[0] for n in imports(tree)}, name


def test_features_and_tools_know_no_caller() -> None:
    """Features and tools know neither the command line nor the quick twins; tools know no feature."""
    above = ("cli", "quick", "factory", "simulator")
    for room, more in (("features", ()), ("tools", ("features",))):
        for name, tree in modules(PACKAGE / room):
            if name not in OWED:
                assert not {n for n in ours(tree) if n.startswith((*above, *more))}, name


def test_nothing_imports_the_simulator() -> None:
    """The simulator is an optional extra; set-up alone asks it which programs of this machine it needs."""
    for name, tree in modules():
        if not name.startswith("simulator"):
            known = {"simulator", "simulator.programs"} if name == "install" else set()
            assert {n for n in ours(tree) if n.startswith("simulator")} <= known, name


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
