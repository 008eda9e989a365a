"""A daemon: a pass at its times and where a file changes, feeds of others as they are due, around the clock."""
