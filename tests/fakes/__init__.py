"""Tests of gpuinfra.fakes."""
