"""Tests of gpuinfra.e2e.on_host."""
