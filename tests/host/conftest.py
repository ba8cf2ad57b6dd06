"""A home on this machine stands for a host."""

from tests.tools.ssh.conftest import home as home
