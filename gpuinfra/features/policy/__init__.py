"""The IAM policies that a stack needs: of the person who makes it, and of an agent who works on it."""
