"""Reading events from files: NDJSON, JSON, and flat CSV with a column mapping."""
