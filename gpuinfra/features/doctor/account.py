"""What is looked at of an account: who asks, the clock, its state, its plan."""

from gpuinfra.features.doctor.finding import Finding, bad, ok, unsure, warn
from gpuinfra.features.doctor.here import clock_hint
from gpuinfra.features.doctor.situation import AccountSituation, Situation
from gpuinfra.tools.aws.error_lines import SUPPORT
from gpuinfra.tools.aws.error_rules import UPGRADE

# AWS takes no request that is further off.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
MOST_SKEW_S, NOTED_SKEW_S = 300, 60
SIGN_UP = "https://portal.aws.amazon.com/billing/signup   # finish it: phone number and payment, say"


def credentials(it: Situation) -> Finding:
    """Look whether AWS knows who asks."""
    caller = it.caller()
    if not caller.refusal:
        return ok("credentials", f"{caller.arn}, by {caller.source}")
    if _is_off(caller.aws_ahead_s):
        return unsure("credentials", "not told before the clock is right")
    return bad("credentials", caller.refusal.message, caller.refusal.hint)


def clock(it: Situation) -> Finding:
    """Compare this machine's clock with AWS's, by the date of an answer."""
    ahead_s = it.caller().aws_ahead_s
    if ahead_s is None:
        return unsure("clock", "AWS did not answer")
    way = "behind" if ahead_s > 0 else "ahead of"
    text = f"this machine's clock is {abs(ahead_s) / 60:.0f} min {way} AWS's"
    if _is_off(ahead_s):
        return bad("clock", f"{text}: AWS takes no request over 5 min off", clock_hint(it.machine.platform))
    if abs(ahead_s) > NOTED_SKEW_S:
        return warn("clock", f"{text}: over 5 min AWS takes no request", clock_hint(it.machine.platform))
    return ok("clock", "as AWS's")


def _is_off(ahead_s: float | None) -> bool:
    return ahead_s is not None and abs(ahead_s) > MOST_SKEW_S


def state(it: AccountSituation) -> Finding:
    """Look whether AWS has accepted the account, and not closed it."""
    found = it.state()
    if found == "ACTIVE":
        return ok("account", f"{it.caller().account}, active")
    if found == "PENDING_ACTIVATION":
        return bad("account", "AWS has not verified it yet: it launches nothing", SIGN_UP)
    return bad("account", f"AWS calls it {found or 'nothing known'}", SUPPORT)


def plan(it: AccountSituation) -> Finding:
    """Look whether the account is on the free plan, which has no GPUs."""
    found = it.plan()
    if found.kind != "FREE":
        return ok("plan", "paid")
    ends = f" (it ends {found.expires})" if found.expires else ""
    offers = [offer for name in it.types if (offer := it.offer(name))]
    not_had = [offer.name for offer in offers if not offer.free]
    if offers and not not_had:
        return ok("plan", f"free{ends}, which has {', '.join(it.types)}")
    return bad("plan", f"AWS's free plan{ends} has no {', '.join(not_had or it.types)}", UPGRADE)
