"""Tests of trusted projects."""
