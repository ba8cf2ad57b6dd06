"""Tests of gpuinfra.cli."""
