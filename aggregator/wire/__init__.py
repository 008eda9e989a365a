"""How one feed is asked for over HTTP: the parts of `aggregator.sources.http`, for nobody else."""
