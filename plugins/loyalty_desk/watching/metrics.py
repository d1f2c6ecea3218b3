"""Sends gauges to StatsD or OpenTelemetry, whichever Airflow's `[metrics]` has on. An adapter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from airflow.sdk.configuration import conf
from airflow.sdk.observability import stats

from loyalty_desk.watching.gauges import Gauge

PREFIX: Final = "loyalty_desk."
FLUSH_LIMIT_MS: Final = 10_000


def are_on() -> bool:
    """Whether anybody takes metrics."""
    return any(
        conf.getboolean("metrics", switch, fallback=False)
        for switch in ("statsd_on", "statsd_datadog_enabled", "otel_on")
    )


def send_gauges(gauges: Iterable[Gauge]) -> None:
    """Send them now: what OpenTelemetry collects would be lost with the process of the task."""
    for gauge in gauges:
        stats.gauge(PREFIX + gauge.name, gauge.value, tags=dict(gauge.tags))
    if conf.getboolean("metrics", "otel_on", fallback=False):
        from opentelemetry import metrics  # noqa: PLC0415 - only where it is used

        provider = metrics.get_meter_provider()
        flush = getattr(provider, "force_flush", None)
        if flush is not None:
            flush(FLUSH_LIMIT_MS)
