"""OTLP over gRPC: bodies stay encoded until the door has counted them."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyProto
from google.protobuf.message import Message as ProtoMessage
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from libs.runtime.auth import DeniedError, KeyRing, authenticate
from libs.runtime.errors import StartupError
from libs.runtime.keys import Principal
from libs.runtime.tracing import serving
from services.ingest.domain.refuse import RefusedError, Why
from services.ingest.door import Door
from services.ingest.handlers import Signals

GRACE_SECONDS = 3.0
STREAMS_MAX = 64
"""Requests of one connection at a time; further ones wait at the sender."""
_CODES = {code.value[0]: code for code in grpc.StatusCode}

Take = Callable[[bytes, Principal], Awaitable[ProtoMessage]]
Export = Callable[[bytes, "grpc.aio.ServicerContext[bytes, ProtoMessage]"], Awaitable[ProtoMessage]]


class OtlpGrpcServer:
    """The three collector services on one port."""

    def __init__(self, door: Door, signals: Signals, keys: KeyRing, host: str, port: int) -> None:
        self._door = door
        self._signals = signals
        self._keys = keys
        self._host = host
        self._wanted_port = port
        self._server: grpc.aio.Server | None = None
        self.port: int | None = None
        """Where it listens, once started."""

    async def start(self) -> None:
        """Bind and serve; raise `StartupError` when the port is taken."""
        size_max = self._door.settings.body_bytes_max
        options = [
            ("grpc.max_receive_message_length", size_max),
            ("grpc.max_concurrent_streams", STREAMS_MAX),
            ("grpc.so_reuseport", 0),
        ]
        server = grpc.aio.server(options=options)
        server.add_generic_rpc_handlers(
            (
                self._service("trace.v1.TraceService", "traces", self._signals.traces),
                self._service("logs.v1.LogsService", "logs", self._signals.logs),
                self._service("metrics.v1.MetricsService", "metrics", self._signals.metrics),
            )
        )
        host = f"[{self._host}]" if ":" in self._host else self._host
        try:
            self.port = server.add_insecure_port(f"{host}:{self._wanted_port}")
        except RuntimeError as error:
            raise StartupError(
                f"OTLP/gRPC cannot listen on {host}:{self._wanted_port}: is the port taken?"
                " set PAWL_INGEST_OTLP_GRPC_PORT (0 takes a free one)"
            ) from error
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """Take nothing new; let what is in flight finish for a moment."""
        if self._server is not None:
            await self._server.stop(GRACE_SECONDS)

    def _service(
        self, name: str, signal: str, take: Take
    ) -> "grpc.GenericRpcHandler[bytes, ProtoMessage]":
        method = grpc.unary_unary_rpc_method_handler(
            self._export(signal, take),
            request_deserializer=None,
            response_serializer=lambda message: message.SerializeToString(),
        )
        service = f"opentelemetry.proto.collector.{name}"
        return grpc.method_handlers_generic_handler(service, {"Export": method})

    def _export(self, signal: str, take: Take) -> Export:
        async def export(body: bytes, context: Any) -> ProtoMessage:
            try:
                who = self._who(context)
                with self._door.in_flight.hold() as hold:
                    hold.grow(len(body))
                    with serving("ingest", f"grpc {signal}", _texts(context)):
                        response = await take(body, who)
            except RefusedError as refused:
                self._note(signal, refused.why.name.lower())
                await context.abort(*_aborted(refused))
                raise  # not reached: abort raises
            self._note(signal, "taken")
            return response

        return export

    def _who(self, context: Any) -> Principal:
        try:
            return authenticate(self._keys, _texts(context), "ingest")
        except DeniedError as denied:
            why = Why.UNAUTHENTICATED if denied.status == 401 else Why.DENIED
            raise RefusedError(why, denied.detail) from denied

    def _note(self, signal: str, outcome: str) -> None:
        self._door.metrics.requests.labels("grpc", signal, outcome).inc()


def _texts(context: Any) -> dict[str, str]:
    """The caller's metadata, as headers."""
    return {k: v for k, v in context.invocation_metadata() or () if isinstance(v, str)}


def _aborted(refused: RefusedError) -> tuple[grpc.StatusCode, str, tuple[tuple[str, bytes], ...]]:
    """Code, text and the rich status; without RetryInfo an exporter may not try again."""
    status = Status(code=refused.why.code, message=refused.message)
    if refused.retry_after_seconds is not None:
        retry = RetryInfo()
        retry.retry_delay.FromNanoseconds(int(refused.retry_after_seconds * 1e9))
        packed = AnyProto()
        packed.Pack(retry)
        status.details.append(packed)
    trailing = (("grpc-status-details-bin", status.SerializeToString()),)
    return _CODES[refused.why.code], refused.message, trailing
