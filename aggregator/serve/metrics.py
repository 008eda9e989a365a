"""What is known of passes and answers, as Prometheus reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

    from aggregator.serve.tally import Tally
    from aggregator.status import Counts, Status, Work

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_text(status: Status | None, tally: Tally) -> bytes | None:
    """Return the metrics; None where prometheus-client, an extra, is not installed."""
    try:
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415  an extra
    except ImportError:
        return None

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(status, tally))
    return generate_latest(registry)


class _Collector:
    """A collector of its own for each answer: nothing is counted in a place that others share."""

    def __init__(self, status: Status | None, tally: Tally) -> None:
        self._status = status
        self._tally = tally

    def collect(self) -> Iterator[Metric]:
        yield from _answers(self._tally)
        if self._status is not None:
            yield from _passes(self._status)
            yield from _work(self._status.work)
            yield from _counts(self._status.counts)
            yield from _hubs(self._status)


def _answers(tally: Tally) -> Iterator[Metric]:
    from prometheus_client.metrics_core import CounterMetricFamily  # noqa: PLC0415

    answers = CounterMetricFamily(
        "aggregator_answers", "Answers to readers since the start, by status.", labels=["status"]
    )
    for status, count in sorted(tally.answers.items()):
        answers.add_metric([str(status)], count)
    yield answers
    yield CounterMetricFamily("aggregator_sent_bytes", "Bytes of bodies sent since the start.", value=tally.sent)
    yield CounterMetricFamily(
        "aggregator_saved_bytes", "Bytes of files that 304 and gzip saved since the start.", value=tally.saved
    )


def _passes(status: Status) -> Iterator[Metric]:
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415

    passes = CounterMetricFamily("aggregator_passes", "Passes, by what they came to.", labels=["result"])
    passes.add_metric(["good"], status.work.good)
    passes.add_metric(["failed"], status.work.failed)
    yield passes
    yield CounterMetricFamily("aggregator_passes_seconds", "Time that passes took.", value=status.work.seconds)
    took = (status.ended - status.started).total_seconds()
    yield GaugeMetricFamily("aggregator_last_pass_seconds", "Time that the last pass took.", value=took)
    yield GaugeMetricFamily("aggregator_last_pass_exit_code", "What the last pass ended with.", value=status.exit_code)
    if status.last_good:
        good = status.last_good.timestamp()
        yield GaugeMetricFamily("aggregator_last_good_pass_timestamp_seconds", "End of the last good pass.", value=good)


def _work(work: Work) -> Iterator[Metric]:
    from prometheus_client.metrics_core import CounterMetricFamily  # noqa: PLC0415

    fetches = CounterMetricFamily("aggregator_fetches", "Fetches of upstream feeds, by result.", labels=["result"])
    fetches.add_metric(["fresh"], work.fresh)
    fetches.add_metric(["unchanged"], work.unchanged)
    fetches.add_metric(["failed"], work.asked - work.fresh - work.unchanged)
    yield fetches
    yield CounterMetricFamily("aggregator_files_written", "Files written to the output folder.", value=work.written)


def _counts(counts: Counts) -> Iterator[Metric]:
    from prometheus_client.metrics_core import GaugeMetricFamily  # noqa: PLC0415

    sources = GaugeMetricFamily("aggregator_sources", "Sources, by state.", labels=["state"])
    sources.add_metric(["ok"], max(0, counts.sources - counts.failing - counts.held - counts.paused))
    sources.add_metric(["failing"], counts.failing)
    sources.add_metric(["held"], counts.held)
    sources.add_metric(["paused"], counts.paused)
    yield sources
    yield GaugeMetricFamily("aggregator_entries", "Entries that there are.", value=counts.entries)
    yield GaugeMetricFamily("aggregator_channels", "Channels that are published.", value=counts.channels)
    yield GaugeMetricFamily("aggregator_faulty", "Faults in articles and feed files.", value=counts.faulty)


def _hubs(status: Status) -> Iterator[Metric]:
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415

    announced = CounterMetricFamily(
        "aggregator_announcements", "Announcements to hubs, by what became of them.", labels=["result"]
    )
    announced.add_metric(["taken"], status.work.announced)
    announced.add_metric(["refused"], status.work.refused)
    yield announced
    owed = sum(one.owed for one in status.hubs)
    yield GaugeMetricFamily("aggregator_announcements_owed", "Announcements that hubs are owed.", value=owed)
    hubs = GaugeMetricFamily("aggregator_hubs", "Hubs, by state.", labels=["state"])
    failing = sum(bool(one.reason) for one in status.hubs)
    hubs.add_metric(["ok"], len(status.hubs) - failing)
    hubs.add_metric(["failing"], failing)
    yield hubs
