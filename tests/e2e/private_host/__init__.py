"""Tests of gpuinfra.e2e.private_host."""
