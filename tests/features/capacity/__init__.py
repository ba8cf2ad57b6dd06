"""Tests of the places that a host is asked for in."""
