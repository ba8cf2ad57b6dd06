"""`python -m tests.scan`: checkov over the modules and over plans; a table; exit 1 on any failure."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import plan_json

ROOT = Path(__file__).resolve().parent.parent
# What a plan is matched with, so that skips written in the source count there too.
NOT_SOURCE = shutil.ignore_patterns(
    ".terraform", "stacks", "tests", "examples", "policies", "*.tfstate*", "*.tfvars"
)
MODULES = ["-d", "terraform", "--framework=terraform"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One check that did not simply pass."""

    check_id: str
    name: str
    resource: str
    place: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one run of checkov found; `errors` are files that it could not read."""

    title: str
    passed: int
    failed: tuple[Finding, ...]
    skipped: tuple[Finding, ...]
    errors: int

    @property
    def is_clean(self) -> bool:
        """Tell whether everything passed; a run that looked at nothing is no proof of anything."""
        return self.passed > 0 and not self.failed and not self.errors


def main(argv: Sequence[str]) -> int:
    """Scan, print, return the exit code."""
    options = parse(argv)
    with tempfile.TemporaryDirectory(prefix="gpuinfra-scan-") as scratch:
        source = copy_source(Path(scratch))
        with ThreadPoolExecutor() as beside:  # the plans are made while the modules are scanned
            modules = beside.submit(scan, options.checkov, "modules", MODULES, options.sarif)
            plans = {"plan": options.plan} if options.plan else plan_json.make(Path(scratch))
            of_plans = scan(options.checkov, "; ".join(plans), plan_arguments(plans.values(), source), None)
            reports = [modules.result(), of_plans]
    sys.stdout.write("\n".join(line for report in reports for line in table(report)) + "\n")
    return 0 if all(report.is_clean for report in reports) else 1


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scan", description=__doc__)
    parser.add_argument("--checkov", type=Path, default=ROOT / ".tools/checkov/bin/checkov")
    parser.add_argument("--plan", type=Path, help="`terraform show -json`; default: the simulator's")
    parser.add_argument("--sarif", type=Path, default=ROOT / "reports", help="directory for checkov.sarif")
    return parser.parse_args(argv)


def plan_arguments(plans: Iterable[Path], source: Path) -> list[str]:
    """Return checkov's arguments for plans."""
    enrich = ["--repo-root-for-plan-enrichment", str(source)]
    return [*(f"--file={plan.resolve()}" for plan in plans), "--framework=terraform_plan", *enrich]


def copy_source(scratch: Path) -> Path:
    """Copy the module without its tests, where the same files appear once more by links."""
    return Path(shutil.copytree(ROOT / "terraform", scratch / "source", ignore=NOT_SOURCE))


def scan(checkov: Path, title: str, arguments: Sequence[str], sarif: Path | None) -> Report:
    """Run checkov once, with .checkov.yaml; keep its SARIF file if asked to."""
    with tempfile.TemporaryDirectory(prefix="gpuinfra-checkov-") as out:
        common = ["--config-file", ".checkov.yaml", "-o", "json", "-o", "sarif", "--output-file-path", out]
        command = [str(checkov), *arguments, *common]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        written = Path(out, "results_json.json")
        if done.returncode not in (0, 1) or not written.exists():
            raise SystemExit(f"checkov ended with {done.returncode}:\n{done.stderr.strip()}")
        if sarif is not None:
            sarif.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(out, "results_sarif.sarif"), sarif / "checkov.sarif")
        return read(title, json.loads(written.read_text(encoding="utf-8")))


def read(title: str, data: dict[str, Any]) -> Report:
    """Read checkov's JSON; without any resource it holds a summary only, then nothing has passed."""
    results = data.get("results", {})
    return Report(
        title=title,
        passed=len(results.get("passed_checks", [])),
        failed=tuple(map(finding, results.get("failed_checks", []))),
        skipped=tuple(map(finding, results.get("skipped_checks", []))),
        errors=len(results.get("parsing_errors", [])),
    )


def finding(check: dict[str, Any]) -> Finding:
    """Read one check."""
    return Finding(
        check_id=check["check_id"],
        name=check["check_name"],
        resource=check["resource"],
        place=f"{check['file_path'].lstrip('/')}:{check['file_line_range'][0]}",
        reason=(check["check_result"].get("suppress_comment") or "").strip(),
    )


def table(report: Report) -> list[str]:
    """Return the lines to print for one run."""
    counts = f"{report.passed} passed, {len(report.failed)} failed, {len(report.skipped)} skipped"
    lines = [f"{report.title:16} {counts}" + (f", {report.errors} not readable" if report.errors else "")]
    lines += [f"  FAIL {it.check_id:12} {it.resource}  {it.place}\n       {it.name}" for it in report.failed]
    lines += [f"  skip {it.check_id:12} {it.resource}: {it.reason}" for it in report.skipped]
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
