"""Which project directories the user lets gpuinfra run."""
