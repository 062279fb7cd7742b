"""The AsyncAPI 3.0 document, made from the one table of topics."""

from typing import Any

from libs.contracts.topics import TOPICS, Topic

SPAN_REQUEST = {
    "description": "protobuf opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest",
    "type": "string",
    "format": "binary",
}
HEADERS = {
    "type": "object",
    "properties": {
        "ce_id": {"type": "string", "description": "equal for every copy of the same fact"},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string"},
        "ce_time": {"type": "string", "format": "date-time"},
        "traceparent": {"type": "string"},
    },
}


def document() -> dict[str, Any]:
    """The whole document."""
    services = sorted({t.producer for t in TOPICS} | {c for t in TOPICS for c in t.consumers})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Pawl events",
            "version": "1",
            "description": "Delivery is at least once; effects are idempotent by ce_id.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {key: value for name in services for key, value in _operations(name).items()},
        "components": {"messages": {topic.name: _message(topic) for topic in TOPICS}},
    }


def topic_table() -> str:
    """The table of topics in ARCHITECTURE.md."""
    lines = [
        "| topic | key | from | to | partitions | kept | what |",
        "|---|---|---|---|---|---|---|",
    ]
    for topic in TOPICS:
        hours = topic.retention_hours
        kept = "compacted" if topic.compacted else "for ever" if hours is None else f"{hours} h"
        to = ", ".join(topic.consumers)
        lines.append(
            f"| `{topic.name}` | {topic.key} | {topic.producer} | {to} "
            f"| {topic.partitions} | {kept} | {topic.about} |"
        )
    return "\n".join(lines)


def _channel(topic: Topic) -> dict[str, Any]:
    cleanup = "compact" if topic.compacted else "delete"
    hours = topic.retention_hours
    kept = "for ever" if hours is None else f"{hours} hours"
    return {
        "address": topic.name,
        "description": f"{topic.about}. Key: {topic.key}. Kept {kept}.",
        "messages": {"event": {"$ref": f"#/components/messages/{topic.name}"}},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": [cleanup]},
            }
        },
    }


def _message(topic: Topic) -> dict[str, Any]:
    if topic.model is None:
        payload, name, kind = SPAN_REQUEST, "ExportTraceServiceRequest", "application/x-protobuf"
    else:
        payload = _inlined(topic.model.model_json_schema(mode="serialization"))
        name, kind = topic.model.__name__, "application/json"
    return {"name": name, "contentType": kind, "headers": HEADERS, "payload": payload}


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Definitions move into place: AsyncAPI resolves references from the document's root."""
    definitions = schema.pop("$defs", {})

    def place(node: Any) -> Any:
        if isinstance(node, list):
            return [place(one) for one in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node and (name := node["$ref"].rsplit("/", 1)[-1]) in definitions:
            if name == "JsonValue":
                return {}
            return place(definitions[name])
        return {key: place(value) for key, value in node.items()}

    inlined: dict[str, Any] = place(schema)
    return inlined


def _operations(service: str) -> dict[str, Any]:
    found = {}
    for topic in TOPICS:
        channel = {"$ref": f"#/channels/{topic.name}"}
        messages = [{"$ref": f"#/channels/{topic.name}/messages/event"}]
        if topic.producer == service:
            found[f"{service} sends {topic.name}"] = {
                "action": "send",
                "channel": channel,
                "messages": messages,
            }
        if service in topic.consumers:
            found[f"{service} receives {topic.name}"] = {
                "action": "receive",
                "channel": channel,
                "messages": messages,
            }
    return found
