"""Article files and upstream feeds in; Atom, RSS and JSON feeds by topic and by provider out."""

__version__ = "0.1.0"
