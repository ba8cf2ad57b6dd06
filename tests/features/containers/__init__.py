"""Tests of gpuinfra.features.containers."""
