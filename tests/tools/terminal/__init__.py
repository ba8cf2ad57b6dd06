"""Tests of gpuinfra.tools.terminal."""
