"""Tests of gpuinfra.features."""
