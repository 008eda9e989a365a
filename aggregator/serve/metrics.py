"""What is known of passes and answers, as Prometheus reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from prometheus_client import Metric
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

    from aggregator.serve.tally import Tally
    from aggregator.status import Counts, Status, Work

    _Kind: TypeAlias = type[CounterMetricFamily | GaugeMetricFamily]
    _Value: TypeAlias = float | dict[str, int]

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


def _count(name: str, says: str, value: _Value, label: str = "") -> Metric:
    """Return what only grows; label: what the values are told apart by, where there are several."""
    from prometheus_client.metrics_core import CounterMetricFamily  # noqa: PLC0415  an extra

    return _filled(CounterMetricFamily, name, says, value, label)


def _level(name: str, says: str, value: _Value, label: str = "") -> Metric:
    """Return what also falls."""
    from prometheus_client.metrics_core import GaugeMetricFamily  # noqa: PLC0415  an extra

    return _filled(GaugeMetricFamily, name, says, value, label)


def _filled(kind: _Kind, name: str, says: str, value: _Value, label: str) -> Metric:
    family = kind(f"aggregator_{name}", says, labels=[label] if label else [])
    for part, number in value.items() if isinstance(value, dict) else [("", value)]:
        family.add_metric([part] if label else [], number)
    return family


def _answers(tally: Tally) -> Iterator[Metric]:
    answers = {str(status): count for status, count in sorted(tally.answers.items())}
    yield _count("answers", "Answers to readers since the start, by status.", answers, "status")
    yield _count("sent_bytes", "Bytes of bodies sent since the start.", tally.sent)
    yield _count("saved_bytes", "Bytes of files that 304 and gzip saved since the start.", tally.saved)


def _passes(status: Status) -> Iterator[Metric]:
    work, took = status.work, (status.ended - status.started).total_seconds()
    yield _count("passes", "Passes, by what they came to.", {"good": work.good, "failed": work.failed}, "result")
    yield _count("passes_seconds", "Time that passes took.", work.seconds)
    yield _level("last_pass_seconds", "Time that the last pass took.", took)
    yield _level("last_pass_exit_code", "What the last pass ended with.", status.exit_code)
    if status.last_good:
        yield _level("last_good_pass_timestamp_seconds", "End of the last good pass.", status.last_good.timestamp())


def _work(work: Work) -> Iterator[Metric]:
    failed = work.asked - work.fresh - work.unchanged
    fetches = {"fresh": work.fresh, "unchanged": work.unchanged, "failed": failed}
    yield _count("fetches", "Fetches of upstream feeds, by result.", fetches, "result")
    yield _count("files_written", "Files written to the output folder.", work.written)


def _counts(counts: Counts) -> Iterator[Metric]:
    troubled = {"failing": counts.failing, "held": counts.held, "paused": counts.paused}
    well = max(0, counts.sources - sum(troubled.values()))
    yield _level("sources", "Sources, by state.", {"ok": well, **troubled}, "state")
    yield _level("entries", "Entries that there are.", counts.entries)
    yield _level("channels", "Channels that are published.", counts.channels)
    yield _level("faulty", "Faults in articles and feed files.", counts.faulty)


def _hubs(status: Status) -> Iterator[Metric]:
    work, failing = status.work, sum(bool(one.reason) for one in status.hubs)
    answers = {"taken": work.announced, "refused": work.refused}
    yield _count("announcements", "Announcements to hubs, by what became of them.", answers, "result")
    owed = sum(one.owed for one in status.hubs)
    yield _level("announcements_owed", "Announcements that hubs are owed.", owed)
    yield _level("hubs", "Hubs, by state.", {"ok": len(status.hubs) - failing, "failing": failing}, "state")
