"""Tests of gpuinfra.bootstrap."""
