"""When a host ran and when it was stopped, to the second, from all who saw something of it. Pure.

AWS tells the last start (LaunchTime) and the last stop (StateTransitionReason); the ledger what it told
earlier; the host itself when it booted and when its guard was last awake, and its last words when it ended.
A time of which nobody knows counts as running: AWS may have billed it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gpuinfra.features.money.ledger import Sighting
from gpuinfra.features.money.rates import RUNNING, STOPPED, Span

ON = ("pending", "running")
GONE = ("shutting-down", "terminated")
# From EC2's start of a host to its kernel's clock; a gap between two boots that is shorter is a reboot.
BOOT_S = 120.0
Boot = tuple[float, float]  # began, last seen


@dataclass(kw_only=True)
class _Run:
    """One start of a host.

    ended: as AWS said. off_at: it was seen to be off, since when AWS did not say. off_until: the last look at
    it while it was off. seen_first, seen: the first and the last look while it was on.
    """

    launched: float
    instance_type: str
    market: str
    seen: float
    ended: float | None = None
    off_at: float | None = None
    off_until: float | None = None
    seen_first: float | None = None
    is_on: bool = True

    def span(self, state: str, began: float, ended: float | None, *, unseen: bool = False) -> Span:
        """Return a part of it."""
        return Span(
            state=state,
            instance_type=self.instance_type,
            market=self.market,
            began=began,
            ended=ended,
            unseen=unseen,
        )


@dataclass(kw_only=True)
class _Facts:
    """All that is known of one instance; gone_at: when it was terminated."""

    runs: dict[float, _Run] = field(default_factory=dict)
    made: float | None = None
    gone_at: float | None = None


def spans(
    sightings: Sequence[Sighting],
    instance_id: str,
    *,
    boots: Sequence[Boot] = (),
    ends: Sequence[float] = (),
) -> list[Span]:
    """Return the times of one instance, in order and without a hole; none where nobody saw it.

    boots: (began, last seen) of each boot that there was, as the guard kept them; none: nobody has asked it.
    ends: when the host said that it ends.
    """
    facts = _gathered([one for one in sightings if one.instance_id == instance_id])
    runs = sorted(facts.runs.values(), key=lambda run: run.launched)
    boots = _by_aws_clock(boots, [run.launched for run in runs])
    found: list[Span] = []
    nexts: list[_Run | None] = [*runs[1:], None]
    for run, after in zip(runs, nexts, strict=False):
        limit = after.launched if after else facts.gone_at
        if run is runs[0] and facts.made is not None and facts.made < run.launched - BOOT_S:
            found += _unsure(run, facts.made, run.launched, _inside(boots, facts.made, run.launched), ends)
        found += _of_run(run, after, limit, boots, ends)
    return [span for span in found if span.ended is None or span.ended > span.began]


def _by_aws_clock(boots: Sequence[Boot], launches: Sequence[float]) -> list[Boot]:
    """Let a boot that goes on after EC2's start of the host begin with it; clocks differ by moments."""
    return [
        (next((it for it in launches if first < it <= min(last, first + BOOT_S)), first), last)
        for first, last in boots
    ]


def _gathered(sightings: Sequence[Sighting]) -> _Facts:
    facts = _Facts()
    for one in sightings:
        run = facts.runs.setdefault(
            one.launched,
            _Run(
                launched=one.launched,
                instance_type=one.instance_type,
                market=one.market,
                seen=one.launched,
            ),
        )
        run.is_on = one.state in ON
        if one.made is not None:
            facts.made = min(one.made, one.made if facts.made is None else facts.made)
        if run.is_on:
            run.seen = max(run.seen, one.at)
            run.seen_first = min(one.at, run.seen_first or one.at)
            continue
        run.off_until = max(one.at, run.off_until or one.at)
        if one.since is not None and one.since >= one.launched:
            run.ended = min(one.since, run.ended or one.since)
        else:
            run.off_at = min(one.at, run.off_at or one.at)
        if one.state in GONE:
            facts.gone_at = min(it for it in (one.since or one.at, facts.gone_at) if it is not None)
    return facts


def _of_run(
    run: _Run, after: _Run | None, limit: float | None, boots: Sequence[Boot], ends: Sequence[float]
) -> Iterator[Span]:
    """Yield the times from one start to the next, or to the end of the host, or until now (limit None)."""
    if limit is None and run.is_on:
        yield run.span(RUNNING, run.launched, None)
        return
    off_at = min(it for it in (run.ended or run.off_at, limit) if it is not None)
    if run.ended is None:
        known = [(run.launched, min(max(run.seen, run.launched), off_at))]
        yield from _unsure(run, run.launched, off_at, [*known, *_inside(boots, run.launched, off_at)], ends)
    else:
        yield run.span(RUNNING, run.launched, off_at)
    if later := _inside(boots, off_at, limit):  # it was started and stopped again, and only the host knows
        start = max(off_at, later[0][0] - BOOT_S)
        yield run.span(STOPPED, off_at, start)
        yield from _until(run, start, limit, later, ends)
        return
    off_until = _off_until(run, after, off_at) if after and not boots else limit
    yield run.span(STOPPED, off_at, off_until)
    if after and off_until is not None:
        yield run.span(RUNNING, off_until, after.launched, unseen=True)


def _off_until(run: _Run, after: _Run, off_at: float) -> float:
    """Return until when a host was stopped for certain before its next start, of which no boots are known.

    This machine's clock may be slow: between two looks passed as much time as it says, whatever it shows.
    """
    looked, next_look = run.off_until or off_at, after.seen_first or after.launched
    until = max(off_at, looked, after.launched - max(0.0, next_look - looked))
    return after.launched if after.launched - until < BOOT_S else until


def _until(
    run: _Run, began: float, limit: float | None, boots: Sequence[Boot], ends: Sequence[float]
) -> Iterator[Span]:
    """Yield the times of boots that only the host saw, to the next start; the last one may still run."""
    last = max(seen for _, seen in boots)
    yield from _unsure(run, began, last if limit is None else limit, boots, ends)
    if limit is None:
        end = min((it for it in ends if it >= last), default=None)
        yield run.span(RUNNING, last, end, unseen=end is None)
        if end is not None:
            yield run.span(STOPPED, end, None)


def _unsure(
    run: _Run, began: float, ended: float, known: Sequence[Boot], ends: Sequence[float]
) -> Iterator[Span]:
    """Yield a time that began running and of which only parts are known."""
    at = began
    for first, last in [*sorted(known), (ended, ended)]:
        if first - at > BOOT_S or first == ended:
            end = min((it for it in ends if at <= it < first), default=None)
            if end is None:
                yield run.span(RUNNING, at, first, unseen=first - at > BOOT_S)
            else:
                start = first if first == ended else max(end, first - BOOT_S)
                yield run.span(RUNNING, at, end)
                yield run.span(STOPPED, end, start)
                yield run.span(RUNNING, start, first)
            at = first
        if last > at:
            yield run.span(RUNNING, at, min(last, ended))
            at = min(last, ended)


def _inside(boots: Sequence[Boot], began: float, ended: float | None) -> list[Boot]:
    """Return the boots that began in a time."""
    return sorted(
        (first, last if ended is None else min(last, ended))
        for first, last in boots
        if began <= first and (ended is None or first < ended)
    )
