"""Tests of gpuinfra.features.provision."""
