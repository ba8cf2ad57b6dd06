"""One side of a sync: looks, decides nothing, changes without loss. Runs on the host and here."""
