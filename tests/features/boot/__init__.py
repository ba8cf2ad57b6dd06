"""Tests of gpuinfra.features.boot."""
