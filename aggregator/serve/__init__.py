"""Handing out what is published, and saying how the program is: two ASGI applications, and what runs them.

`site.site` and `health.health` are plain functions of what they need; `listening.serve` runs them within bounds, in a
process of their own or beside the passes.
"""
