"""Tests of gpuinfra.tools.terraform."""
