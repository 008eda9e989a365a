"""Handing out what is published, and saying how the program is: two ASGI applications, and what runs them.

`site.site` and `health.health` are plain functions of what they need; `hosting.Hosting` makes both of a configuration
and runs them within bounds, in threads of their own: `aggregator serve` waits for these, a daemon makes passes beside.
"""
