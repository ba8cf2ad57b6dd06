"""Tests of gpuinfra.tools.aws."""
