"""Tests of gpuinfra.features.sync."""
