"""Tests of gpuinfra.e2e.first_boot."""
