"""Tests of the simulator: its rules without a network, and the patched moto through boto3."""
