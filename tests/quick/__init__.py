"""Tests of gpuinfra.quick."""
