"""An AWS endpoint of our own for demos and tests: moto, seeded, patched, and able to fail on request."""
