"""Tests of the guard on the host."""
