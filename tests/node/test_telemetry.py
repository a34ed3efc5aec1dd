"""Spans and metrics, where they are asked for; otherwise nothing of them is even imported."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from node_fakes import FakeEngine, FakeNode, Gate, Running
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import SettingError, SynthesisError
from dora_mlx_tts.node.telemetry import Telemetry, exporting_to

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
CONTEXT = f"traceparent:00-{TRACE}-{PARENT}-01"


class Watched:
    """A node whose telemetry stays here."""

    def __init__(self, engine=None):
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        tracers = TracerProvider(shutdown_on_exit=False)
        tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        meters = MeterProvider([self.reader], shutdown_on_exit=False)
        self.telemetry = Telemetry(tracers, meters)
        self.node = FakeNode()
        self.running = Running(engine or FakeEngine(), self.node, telemetry=self.telemetry)

    def speak(self, *texts):
        with self.running as node:
            for text, metadata in texts:
                node.text(text, **metadata)
            node.end()
        return self

    def spans(self, name="speak"):
        return [span for span in self.exporter.get_finished_spans() if span.name == name]

    def metrics(self):
        (resource,) = self.reader.get_metrics_data().resource_metrics
        (scope,) = resource.scope_metrics
        return {metric.name: metric.data for metric in scope.metrics}


@pytest.mark.parametrize("context", [CONTEXT, f"{CONTEXT};", f"{CONTEXT}\ntracestate:a=b\n"])
def test_a_text_is_a_span_of_the_senders_trace_and_the_context_is_passed_through(context):
    watched = Watched().speak(("Hi.", {"open_telemetry_context": context, "question_id": 3}))
    (span,) = watched.spans()
    assert f"{span.context.trace_id:032x}" == TRACE
    assert f"{span.parent.span_id:016x}" == PARENT
    assert span.attributes["question_id"] == 3
    assert span.attributes["outcome"] == "completed"
    assert span.attributes["fragments"] == 3
    assert "Hi." not in map(str, span.attributes.values())
    for port in ("audio", "segment_complete"):
        for _, metadata in watched.node.on(port):
            assert metadata["open_telemetry_context"] == context


def test_waiting_and_speaking_are_spans_within_and_the_first_sound_an_event():
    engine = FakeEngine({"First.": (0.05, "ok"), "Second.": (0.03, "ok", 0.02)})
    begun = time.time_ns()
    watched = Watched(engine).speak(("First.", {}), ("Second.", {}))
    first, second = watched.spans()
    assert first.context.trace_id != second.context.trace_id  # nobody named a trace
    waits, works = watched.spans("queue"), watched.spans("synthesis")
    for whole, wait, work in zip((first, second), waits, works, strict=True):
        assert wait.parent.span_id == work.parent.span_id == whole.context.span_id
        assert whole.start_time == wait.start_time <= wait.end_time == work.start_time
        assert work.end_time == whole.end_time <= time.time_ns()
        (event,) = whole.events
        assert work.start_time < event.timestamp < work.end_time
        assert whole.start_time > begun - 50_000_000
    assert waits[1].end_time - waits[1].start_time > 30_000_000


@pytest.mark.parametrize("context", ["", "nonsense", "traceparent:00-0-0-0", 7, "x" * 4000])
def test_a_context_that_is_none_begins_a_trace(context):
    (span,) = Watched().speak(("Hi.", {"open_telemetry_context": context})).spans()
    assert span.parent is None


def test_failed_cancelled_and_refused_texts_are_spans_too():
    gate = Gate()
    engine = FakeEngine({"Bad.": (SynthesisError("not speech"),), "Long.": ("ok", gate, "ok")})
    watched = Watched(engine)
    with watched.running as node:
        node.text("Bad.")
        node.text("Hi.", speed=float("nan"))
        node.text("Long.")
        assert gate.reached.wait(10)
        node.control("cancel")
        node.wait_for(lambda n: len(n.on("status")) == 2)  # ready, cancelled
        gate.go.set()
        node.end()
    spans = {span.attributes["outcome"]: span for span in watched.spans()}
    assert len(watched.spans()) == 3
    assert spans["error"].status.status_code is StatusCode.ERROR
    assert spans["cancelled"].status.status_code is StatusCode.UNSET
    assert {s.status.description for s in watched.spans()} >= {"not speech"}


def test_the_records_are_metrics():
    texts = [(f"Text {n}.", {"seq": 2 * n, "fin": True}) for n in range(3)]
    metrics = Watched().speak(*texts).metrics()
    (received,) = metrics["dora_mlx_tts.received"].data_points
    assert received.value == 3
    assert metrics["dora_mlx_tts.received"].is_monotonic
    assert metrics["dora_mlx_tts.missing"].data_points[0].value == 2
    (depth,) = metrics["dora_mlx_tts.queue_depth"].data_points
    assert depth.value == 0
    (ttfb,) = metrics["dora_mlx_tts.text.ttfb_ms"].data_points
    assert (ttfb.count, dict(ttfb.attributes)) == (3, {"outcome": "completed"})
    (rtf,) = metrics["dora_mlx_tts.text.rtf"].data_points
    assert 1.0 in rtf.explicit_bounds


def test_figures_that_can_fall_are_gauges():
    watched = Watched()
    figures = {"memory_used_mib": 5, "engine_real_time_factor": 0.2, "phrases_kept": 3, "pieces": 7}
    watched.telemetry.watch(lambda: figures)
    metrics = watched.metrics()
    falling = [
        name for name in figures if not hasattr(metrics[f"dora_mlx_tts.{name}"], "is_monotonic")
    ]
    assert falling == ["memory_used_mib", "engine_real_time_factor", "phrases_kept"]


def test_what_does_not_exist_without_audio_is_no_measurement(caplog):
    watched = Watched(FakeEngine({"Bad.": (SynthesisError("x"),)})).speak(("Bad.", {}))
    metrics = watched.metrics()
    assert "dora_mlx_tts.text.ttfb_ms" not in metrics
    assert metrics["dora_mlx_tts.text.total_ms"].data_points[0].count == 1
    assert [r for r in caplog.records if r.name.startswith("opentelemetry")] == []


def test_nothing_is_imported_unasked():
    code = (
        "import sys, dora_mlx_tts.node.app; from dora_mlx_tts.node.app import _telemetry;"
        "from dora_mlx_tts.config.settings import Settings; assert _telemetry(Settings()) is None;"
        "print([m for m in sys.modules if m.startswith('opentelemetry')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_without_the_extra_the_setting_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    with pytest.raises(SettingError, match=r"dora-mlx-tts\[otel\]"):
        exporting_to("http://localhost:4318", "tts")


@pytest.mark.parametrize("endpoint", ["localhost:4318", "ftp://a", "http://a b"])
def test_an_endpoint_is_an_address(endpoint):
    with pytest.raises(SettingError, match="otlp_endpoint"):
        Settings.load(environ={"OTLP_ENDPOINT": endpoint})


def test_a_collector_gets_spans_and_metrics():
    paths, bodies = [], []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            paths.append(self.path)
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            telemetry = exporting_to(f"http://127.0.0.1:{server.server_port}/", "tts")
            with Running(telemetry=telemetry) as node:
                node.text("Hi.")
                node.end()
            telemetry.close()
        finally:
            server.shutdown()
            thread.join()
    assert sorted(paths) == ["/v1/metrics", "/v1/traces"]
    assert all(b"dora-mlx-tts" in body for body in bodies)
