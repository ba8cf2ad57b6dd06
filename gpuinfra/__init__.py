"""gpuinfra: GPU hosts on AWS, one command up and one command down."""
