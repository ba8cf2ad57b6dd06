"""Tests of gpuinfra.features.connect."""
