"""Tests of gpuinfra.features.web."""
