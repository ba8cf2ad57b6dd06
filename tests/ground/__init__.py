"""Tests of gpuinfra.ground."""
