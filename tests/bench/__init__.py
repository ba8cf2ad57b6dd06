"""Tests of gpuinfra.bench."""
