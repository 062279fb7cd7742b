"""OTLP's two encodings over HTTP: which one a request uses, and answers and errors in the same."""

import math
from email.message import Message as MimeHeader
from typing import Any

import orjson
from google.protobuf import json_format
from google.protobuf.message import Message as ProtoMessage
from google.rpc.status_pb2 import Status
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.ingest.domain.refuse import RefusedError, Why

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
_SAME = {PROTOBUF: PROTOBUF, "application/protobuf": PROTOBUF, JSON: JSON}


def encoding_of(request: Request) -> str:
    """`PROTOBUF` or `JSON`; parameters of the content type are allowed."""
    given = request.headers.get("content-type", "")
    media = given.partition(";")[0].strip().lower()
    if media not in _SAME:
        shown = given[:100] or "none"
        text = f"Content-Type must be {PROTOBUF} or {JSON}; came {shown}"
        raise RefusedError(Why.UNSUPPORTED, text)
    charset = _charset(given) if ";" in given else None
    if media == JSON and charset not in (None, "utf-8", "us-ascii"):
        raise RefusedError(Why.UNSUPPORTED, f"JSON must be UTF-8; came charset={charset[:40]}")
    return _SAME[media]


def _charset(content_type: str) -> str | None:
    header = MimeHeader()
    header["content-type"] = content_type
    charset = header.get_content_charset()
    return charset.lower() if charset else None


def answer(message: ProtoMessage, encoding: str) -> Response:
    """200 with the message in the request's encoding."""
    return Response(_encoded(message, encoding), 200, media_type=encoding)


def failure(refused: RefusedError, encoding: str) -> Response:
    """The refusal as google.rpc.Status in the request's encoding."""
    status = Status(code=refused.why.code, message=refused.message)
    headers = _headers(refused)
    return Response(_encoded(status, encoding), refused.why.http_status, headers, encoding)


def problem_of(refused: RefusedError) -> HTTPException:
    """The refusal as a problem document, for routes that are not OTLP."""
    return HTTPException(refused.why.http_status, refused.message, _headers(refused))


def _headers(refused: RefusedError) -> dict[str, str]:
    headers: dict[str, str] = {}
    if refused.retry_after_seconds is not None:
        headers["retry-after"] = str(max(1, math.ceil(refused.retry_after_seconds)))
    if refused.why is Why.UNAUTHENTICATED:
        headers["www-authenticate"] = 'Bearer realm="pawl"'
    return headers


def _encoded(message: ProtoMessage, encoding: str) -> bytes:
    if encoding == PROTOBUF:
        return message.SerializeToString()
    fields: dict[str, Any] = json_format.MessageToDict(message)
    return orjson.dumps(fields)
