"""Tests of gpuinfra.tools.ssm."""
