"""Terraform for one stack: its program, its environment, and the module that its directory leads to."""

from collections.abc import Mapping
from functools import partial

from gpuinfra.ground import locations, paths
from gpuinfra.ground.paths import Project, Stack
from gpuinfra.ground.protocols import Reporter
from gpuinfra.tools.aws.handover import ask_now, handed_over
from gpuinfra.tools.terraform import binary, links, provider_mirror
from gpuinfra.tools.terraform.project_folder import ProjectFolder
from gpuinfra.tools.terraform.runner import TerraformCli
from gpuinfra.version import VERSION


def opened(project: Project, stack: Stack, environ: Mapping[str, str], reporter: Reporter) -> TerraformCli:
    """Return Terraform in a stack's directory, which then has all that the module has now.

    Raises:
        TerraformError: there is none that is new enough, and none can be fetched.
        CloudError: an MFA code is due, and was not got.
    """
    if dropped := provider_mirror.dropped(environ):
        reporter.say(f"{', '.join(dropped)}: not heeded; terraform.tfvars is the only home of values")
    ask_now()
    links.link_module(project.module, stack.directory)
    _tell_version(project, reporter)
    tools, lock = paths.tools(project, environ), project.module / links.LOCK
    env = provider_mirror.environment(
        environ,
        config=tools / "terraform.rc",
        cache=paths.cache_home(environ) / "terraform-plugins",
        mirror=provider_mirror.find(lock, binary.platform_name()),
    )
    fetched = partial(binary.ensure, fetching=reporter.live)  # in a clone by `make setup`
    return TerraformCli(
        binary=(fetched if locations.is_installed() else binary.find)(tools, environ),
        directory=stack.directory,
        env=env,
        credentials=handed_over,
        on_interrupt=partial(_tell_interrupt, reporter),
        on_warning=reporter.say,
    )


def _tell_interrupt(reporter: Reporter, presses: int) -> None:
    if presses == 1:
        reporter.say("\nCtrl-C: Terraform finishes the call it is in and saves its state ...")
    elif presses == 2:
        reporter.say("still saving; a third Ctrl-C abandons it and may leave a host that nobody knows of")


def _tell_version(project: Project, reporter: Reporter) -> None:
    if project.is_clone or not (before := ProjectFolder(project.folder).was_of(VERSION)):
        return
    if project.is_ejected:
        reporter.say(f"note: {project.folder} is your own, of gpuinfra {before}; this is {VERSION}")
    else:
        reporter.say(f"note: the Terraform module is that of gpuinfra {VERSION} now, it was that of {before}")
