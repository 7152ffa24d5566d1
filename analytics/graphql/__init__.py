"""Numbers as the API shows them."""
