"""The edge of gpuinfra: each module here is the only one that touches its part of the world."""
