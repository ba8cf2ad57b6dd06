"""Tests of the quotas: mirrors gpuinfra/features/quota."""
