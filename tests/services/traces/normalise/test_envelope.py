"""What every span has, whatever its attributes mean."""

import threading

import orjson
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from libs.testkit.otlp import START_NS, described, export_request, happened, span_of
from services.traces.domain.normalise import Normaliser, normalise, normalise_bytes
from services.traces.domain.normalise.envelope import RESOURCES_MAX
from services.traces.domain.normalise.shapes import SHAPES_MAX
from services.traces.domain.normalise.values import KEYS_MAX, REMEMBERED_MAX
from services.traces.domain.span import SpanRow


def test_the_project_is_named_by_openinference_else_by_the_service_else_default() -> None:
    both = {"openinference__project__name": "shop", "service__name": "shop-api"}
    assert normalise(export_request(span_of(1, 1), **both))[0].project == "shop"
    assert normalise(export_request(span_of(1, 1), service__name="s"))[0].project == "s"
    assert normalise(export_request(span_of(1, 1)))[0].project == "default"
    assert normalise(export_request(span_of(1, 1), service__name=""))[0].project == "default"


def test_a_plain_span_keeps_everything_and_claims_no_meaning() -> None:
    span = described(span_of(1, 2, parent=1), {"http.method": "GET", "sizes": [1, 2]})
    span.trace_state = "a=1"
    span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="broke"))
    (row,) = normalise(export_request(span, scope="requests", service__name="shop"))
    assert (row.kind, row.family, row.otel_kind) == ("UNKNOWN", "otel", 1)
    assert (row.trace_id, row.span_id, row.parent_span_id) == (
        f"{1:032x}",
        f"{2:016x}",
        f"{1:016x}",
    )
    assert row.attributes == {"http.method": "GET", "sizes": "[1,2]"}
    assert row.json_attributes == ("sizes",)
    assert (row.status, row.status_message) == ("ERROR", "broke")
    assert (row.scope_name, row.trace_state) == ("requests", "a=1")
    assert row.resource == {"service.name": "shop"}
    assert (row.start_ns, row.duration_ns, row.flags) == (START_NS, 1_000_000, ())


def test_events_and_links_keep_names_times_and_attributes() -> None:
    span = happened(span_of(1, 1), "exception", {"exception.type": "X", "frames": ["a"]}, 7)
    span.links.add(trace_id=b"\1" * 16, span_id=b"\2" * 8)
    (row,) = normalise(export_request(span))
    assert orjson.loads(row.events_json) == [
        {
            "name": "exception",
            "time_ns": 7,
            "attributes": {"exception.type": "X", "frames": ["a"]},
        }
    ]
    assert orjson.loads(row.links_json) == [
        {"trace_id": "01" * 16, "span_id": "02" * 8, "attributes": {}}
    ]


def test_what_the_senders_sdk_dropped_is_not_lost_silently() -> None:
    span = span_of(1, 1)
    span.dropped_attributes_count, span.dropped_events_count = 3, 4
    (row,) = normalise(export_request(span))
    assert row.attributes == {"otel.dropped_attributes_count": 3, "otel.dropped_events_count": 4}


def test_scope_attributes_stand_beside_the_resource() -> None:
    request = export_request(span_of(1, 1), service__name="shop")
    scope = request.resource_spans[0].scope_spans[0].scope
    scope.attributes.add(key="public_key").value.string_value = "pk"
    (row,) = normalise(request)
    assert row.resource == {"service.name": "shop", "otel.scope.attributes.public_key": "pk"}


def test_rows_of_one_resource_share_one_dict_also_over_requests() -> None:
    rows = [normalise(export_request(span_of(1, n), service__name="shop"))[0] for n in (1, 2)]
    assert rows[0].resource is rows[1].resource


def test_many_spans_keep_their_order() -> None:
    rows = normalise(export_request(*[span_of(1, n) for n in range(1, 50)]))
    assert [row.name for row in rows] == [f"span {n}" for n in range(1, 50)]


def test_bytes_and_request_give_the_same_rows() -> None:
    request = export_request(described(span_of(1, 1), {"input.value": "hi"}), service__name="a")
    assert normalise(request) == normalise_bytes(request.SerializeToString())


def test_threads_do_not_mix_their_spans() -> None:
    values = {
        n: export_request(described(span_of(n, 1), {f"key.{n}": f"value {n}", "x": [n]}))
        for n in range(1, 5)
    }
    wrong: list[SpanRow] = []

    def work(n: int) -> None:
        value = values[n].SerializeToString()
        for _ in range(300):
            (row,) = normalise_bytes(value)
            if row.attributes != {f"key.{n}": f"value {n}", "x": f"[{n}]"}:
                wrong.append(row)

    threads = [threading.Thread(target=work, args=(n,)) for n in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_memory_of_shapes_and_keys_is_bounded() -> None:
    normaliser = Normaliser()
    for n in range(0, 9000, 100):
        keys = [f"key.{n + i}" for i in range(100)]
        spans = [described(span_of(1, 1), {key: 1, "same": key}) for key in keys]
        normaliser.rows(export_request(*spans, service__name=f"s{n}").SerializeToString())
    held = normaliser.held()
    assert 0 < held["shapes"] <= SHAPES_MAX
    assert 0 < held["keys"] <= KEYS_MAX
    assert 0 < held["attributes"] <= REMEMBERED_MAX
    assert 0 < held["resources"] <= RESOURCES_MAX
