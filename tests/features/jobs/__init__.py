"""Tests of gpuinfra.features.jobs."""
