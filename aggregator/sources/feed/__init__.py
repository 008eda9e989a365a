"""Feeds of others: XML and JSON in, sightings out, and what is doubtful about them."""
