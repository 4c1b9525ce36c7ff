"""The HTTP routes, one file per resource. Each looks up, calls what decides or does, and shows the result."""
