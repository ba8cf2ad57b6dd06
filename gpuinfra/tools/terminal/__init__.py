"""The terminal: results, narration, live views."""
