"""Tests of gpuinfra.features.environment."""
