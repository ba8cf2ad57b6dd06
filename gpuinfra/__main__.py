"""`python -m gpuinfra`: the same as the command `gpuinfra`."""

from gpuinfra.cli import main

main()
