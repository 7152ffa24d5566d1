"""The edge of the API: what a request passes before a resolver sees it."""
