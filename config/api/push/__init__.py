"""Push: subscriptions over event streams and WebSockets, computed once for all who ask the same."""
