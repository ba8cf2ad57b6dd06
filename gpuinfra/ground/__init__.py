"""Values and words that everybody shares; imports nothing else of ours."""
