"""One module per command: ports in, model out; no module here knows a library or a terminal."""
