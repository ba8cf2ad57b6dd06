"""Tests of gpuinfra.tools.ssh."""
