"""The commands of README and docs/, run as they stand there."""
