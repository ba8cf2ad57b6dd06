"""Tests of gpuinfra.e2e.containers."""
