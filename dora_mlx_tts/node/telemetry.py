"""OpenTelemetry, if enabled: a span per text, and the node's figures as metrics.

Spans are made from a text's record when it is answered, so nothing is kept or measured twice. Their parent
comes from the sender's `open_telemetry_context`; outputs repeat that key, so a receiver's spans join the same
trace. Texts are never exported: spans carry ids and figures only.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from dora_mlx_tts import __version__
from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.node.metrics import SpeechFigures
from dora_mlx_tts.node.protocol.messages import Metadata, Outcome, Plain, Reply
from dora_mlx_tts.node.protocol.metadata import ID_KEYS

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.metrics import CallbackOptions, Histogram, Observation
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import TracerProvider

CONTEXT_KEY: Final = "open_telemetry_context"
_NAME: Final = "dora_mlx_tts"
_EXPORT_S: Final = 2.0
"""Seconds that a collector may take. If it is gone, shutdown waits this long, once for spans and once for
metrics."""
_UNITS: Final = {"ms": "ms", "s": "s"}
_RATIOS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 5.0)
_NOW_VALUES: Final = frozenset(
    {
        "queue_depth",
        "open_texts",
        "cancel_ms",
        "queue_limit",
        "pool_voices",
        "pool_packs",
        "phrases_kept",
        "phrases_mib",
        "engine_real_time_factor",
        "engine_cache_positions",
        "memory_used_mib",
        "memory_kept_mib",
        "memory_peak_mib",
        "memory_device_mib",
    }
)
"""Figures that can fall and are therefore exported as gauges; all others only grow."""

Figures = Callable[[], Mapping[str, Plain]]


class Telemetry:
    """Exports texts and figures.

    Args:
        tracers: Where spans go.
        meters: Where metrics go.
        now_ns: Returns the time of day in nanoseconds.
    """

    def __init__(
        self,
        tracers: TracerProvider,
        meters: MeterProvider,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._tracers, self._meters, self._now_ns = tracers, meters, now_ns
        self._tracer = tracers.get_tracer(_NAME, __version__)
        self._meter = meters.get_meter(_NAME, __version__)
        self._histograms = {
            field.name: self._histogram(field.name) for field in dataclasses.fields(SpeechFigures)
        }

    def _histogram(self, name: str) -> Histogram:
        return self._meter.create_histogram(
            f"{_NAME}.text.{name}",
            unit=unit_of(name),
            explicit_bucket_boundaries_advisory=_RATIOS if name == "rtf" else None,
        )

    def watch(self, figures: Figures) -> None:
        """Export these figures from now on, whenever metrics are collected."""
        for name, value in figures().items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            create = (
                self._meter.create_observable_gauge
                if name in _NOW_VALUES
                else self._meter.create_observable_counter
            )
            create(f"{_NAME}.{name}", [_reader(figures, name)], unit=unit_of(name))

    def answered(self, reply: Reply, figures: SpeechFigures, text_index: int) -> None:
        """Export a text that was answered."""
        attributes = {"outcome": str(reply.outcome)}
        values = figures.as_metadata()
        for name, value in values.items():
            if value >= 0:  # negative: undefined without audio
                self._histograms[name].record(value, attributes)
        self._trace(reply, figures, {**attributes, "text_index": text_index, **values})

    def _trace(self, reply: Reply, figures: SpeechFigures, attributes: dict[str, Plain]) -> None:
        from opentelemetry import trace  # noqa: PLC0415  an extra

        end = self._now_ns()
        start = end - _ns(figures.total_ms)
        begun = min(start + _ns(figures.queue_ms), end)
        ids = {key: reply.echo[key] for key in ID_KEYS if key in reply.echo}
        span = self._tracer.start_span(
            "speak", _parent(reply.echo), start_time=start, attributes={**ids, **attributes}
        )
        if figures.ttfb_ms >= 0:
            span.add_event("first fragment", timestamp=start + _ns(figures.ttfb_ms))
        if reply.outcome is Outcome.ERROR:
            span.set_status(trace.StatusCode.ERROR, reply.error)
        within = trace.set_span_in_context(span)
        for name, first, last in (("queue", start, begun), ("synthesis", begun, end)):
            self._tracer.start_span(name, within, start_time=first).end(last)
        span.end(end)

    def close(self) -> None:
        """Send what remains and shut down."""
        self._tracers.shutdown()
        self._meters.shutdown(1e3 * _EXPORT_S)


def _ns(milliseconds: float) -> int:
    return round(1e6 * max(milliseconds, 0.0))


def unit_of(name: str) -> str:
    """Unit of a figure, from the end of its name; 1 for a count or ratio."""
    return _UNITS.get(name.rpartition("_")[2], "1")


def _reader(figures: Figures, name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def read(_: CallbackOptions) -> Iterable[Observation]:
        from opentelemetry.metrics import Observation  # noqa: PLC0415  an extra

        value = figures().get(name)
        return [Observation(value)] if isinstance(value, int | float) else []

    return read


def _parent(echo: Metadata) -> Context | None:
    """The context in dora's form: `traceparent:…`, separated by newlines (older versions: semicolons)."""
    from opentelemetry.trace.propagation import tracecontext  # noqa: PLC0415  an extra

    text = echo.get(CONTEXT_KEY)
    if not isinstance(text, str):
        return None
    entries = (entry.partition(":") for entry in text.split("\n" if "\n" in text else ";"))
    carrier = {key.strip(): value.strip() for key, _, value in entries}
    return tracecontext.TraceContextTextMapPropagator().extract(carrier)


def exporting_to(endpoint: str, node: str) -> Telemetry:
    """Telemetry for a collector (OTLP over HTTP).

    Raises:
        SettingError: The extra is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http import (  # noqa: PLC0415  an extra
            metric_exporter,
            trace_exporter,
        )
        from opentelemetry.sdk import metrics, resources, trace  # noqa: PLC0415
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise SettingError(
            f"otlp_endpoint = {endpoint!r} needs an extra: pip install 'dora-mlx-tts[otel]'"
        ) from error
    about = {"service.name": "dora-mlx-tts", "service.version": __version__, "dora.node": node}
    resource = resources.Resource.create(about)
    base = endpoint.rstrip("/")
    spans = trace_exporter.OTLPSpanExporter(f"{base}/v1/traces", timeout=_EXPORT_S)
    points = metric_exporter.OTLPMetricExporter(f"{base}/v1/metrics", timeout=_EXPORT_S)
    tracers = trace.TracerProvider(resource=resource, shutdown_on_exit=False)
    tracers.add_span_processor(BatchSpanProcessor(spans))
    reader = PeriodicExportingMetricReader(points)
    return Telemetry(
        tracers, metrics.MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    )
