"""The adapters, one test module each."""
