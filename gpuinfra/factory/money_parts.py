"""Builds what tells of money and use, beside the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gpuinfra.factory import default_region, regions, stack_of
from gpuinfra.factory.adapters import price_source, state_file, values
from gpuinfra.ground import paths
from gpuinfra.ground.errors import ConfigError

if TYPE_CHECKING:
    from gpuinfra.features.leaks.search import TagSearcher
    from gpuinfra.features.money.type_prices import TypePrices
    from gpuinfra.features.usage.money import MoneySoFar
    from gpuinfra.features.usage.top import Screen
    from gpuinfra.ground.protocols import Reporter
    from gpuinfra.ground.world import World


def tag_search() -> TagSearcher:
    """Return what looks through all regions for what carries a stack's tag."""
    from gpuinfra.tools.aws.leaks import TagSearch

    return TagSearch(default_region())


def screen() -> Screen | None:
    """Return the terminal as a screen; None where stdout is none whose lines can be replaced."""
    import os
    import sys

    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return None
    from gpuinfra.tools.terminal.live import TerminalScreen

    return TerminalScreen(bars())


def bars() -> str:
    """Return the characters that stdout can show a sparkline with."""
    import sys

    from gpuinfra.features.usage.sparkline import bars_for

    return bars_for(sys.stdout.encoding)


def money_so_far(world: World) -> MoneySoFar:
    """Return what tells what the host costs and has cost."""
    from gpuinfra.features.usage.money import MoneySoFar

    return MoneySoFar(world)


def type_prices(
    region: str,
    stack: str,
    environ: Mapping[str, str],
    *,
    here: Path | None = None,
    reporter: Reporter | None = None,
) -> TypePrices:
    """Return the prices of a region: the one said, else that of a stack, else the user's own."""
    from gpuinfra.features.money.type_prices import TypePrices
    from gpuinfra.tools.terminal.terminal import Terminal

    told = reporter or Terminal()
    named = regions.checked(region, "prices") or _stack_region(stack, environ, here) or default_region()
    directory = paths.cache_home(environ) / "prices"
    return TypePrices(named, directory=directory, ask=lambda: price_source(named), reporter=told)


def _stack_region(name: str, environ: Mapping[str, str], here: Path | None) -> str:
    """Return the region of a stack, empty where there is none: prices can be seen without a project.

    Raises:
        ConfigError: its values are wrong: prices of another region would be shown.
    """
    try:
        project, stack = stack_of(name, environ, here=here)
    except ConfigError:
        return ""
    with suppress(ConfigError):  # a damaged state is no reason to show no price
        if region := state_file(stack, environ).read().region:  # read in no time
            return region
    given = values(project, stack, environ)
    return given.read().region if given.exists() else ""


def tell(lines: Sequence[str]) -> None:
    """Tell lines beside a result."""
    from gpuinfra.tools.terminal.terminal import Terminal

    for line in lines:
        Terminal().say(line)
