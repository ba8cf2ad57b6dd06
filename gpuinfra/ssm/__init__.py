"""ssh through Session Manager without its plugin: the data channel's wire format, its two streams, a session."""
