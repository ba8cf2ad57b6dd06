"""ssh through Session Manager without its plugin: the data channel's messages, its streams, a session."""
