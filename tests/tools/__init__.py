"""Tests of gpuinfra.tools."""
