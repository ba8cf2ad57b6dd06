"""Tests of gpuinfra.features.gpu."""
