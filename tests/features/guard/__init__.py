"""Tests of gpuinfra.features.guard."""
