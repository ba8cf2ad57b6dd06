"""The user-data and the plain scripts that it carries."""
