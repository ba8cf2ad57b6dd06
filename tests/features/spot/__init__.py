"""Tests of gpuinfra.features.spot."""
