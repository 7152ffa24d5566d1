"""The agency portal: pages a browser shows, which ask the API what everybody asks it."""
