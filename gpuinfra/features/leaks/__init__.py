"""What stacks have left at AWS."""
