"""A collector of OpenTelemetry metrics for tests: what a process exports over HTTP, as it came."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)


@dataclass(frozen=True, slots=True)
class Point:
    """One number with its attributes."""

    name: str
    value: float
    tags: Mapping[str, str] = field(default_factory=dict)


class Collector:
    """Keeps every gauge that was exported, the newest last."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.points: list[Point] = []

    def settings(self) -> dict[str, str]:
        """What an Airflow whose metrics come here has in its environment."""
        return {
            "AIRFLOW__METRICS__OTEL_ON": "True",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_METRIC_EXPORT_INTERVAL": "2000",  # ms; a minute in production
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{self.url}/v1/metrics",
        }

    def take(self, body: bytes) -> None:
        request = ExportMetricsServiceRequest.FromString(body)
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    self.points += [
                        Point(
                            metric.name,
                            point.as_double or float(point.as_int),
                            {one.key: one.value.string_value for one in point.attributes},
                        )
                        for point in metric.gauge.data_points
                    ]

    def newest(self, name: str, **tags: str) -> float | None:
        """The newest value of a gauge with these tags among its own."""
        for point in reversed(self.points):
            if point.name == name and tags.items() <= point.tags.items():
                return point.value
        return None


@contextmanager
def running_collector() -> Iterator[Collector]:
    """Collect on the loopback address for the length of a with block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            collector.take(body)
            answer = ExportMetricsServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
