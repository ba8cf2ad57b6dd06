"""Measurements, as ratios taken in turn."""
