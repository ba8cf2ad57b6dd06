"""Tests of gpuinfra.features.lifecycle."""
