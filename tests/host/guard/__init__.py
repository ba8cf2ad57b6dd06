"""Tests of what runs on the host for the bill."""
