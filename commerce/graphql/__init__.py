"""Facts as the API shows them, pointing at their numbers."""
