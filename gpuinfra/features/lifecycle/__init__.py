"""A host's life after it was made: stop, start, resize, list, a changed key."""
