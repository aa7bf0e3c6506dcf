"""Multipart forms, as OpenAI's clients upload files: ``multipart`` parses them, within bounds."""

from __future__ import annotations

from dataclasses import dataclass, field

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from appliance.protocols.http import BODY_BYTES, Exchange, HttpError

_FIELD_BYTES = 64 * 1024
"""Bytes of the longest field that is no file"""


@dataclass(slots=True)
class Form:
    """The fields of a form."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    """by name; a name with ``[]`` at its end is kept without that"""
    files: dict[str, bytes] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """The first value of a field."""
        return self.texts.get(name, [default])[0]


def read_form(exchange: Exchange) -> Form:
    """The form in the body of a request. Raises HttpError."""
    kind, options = parse_options_header(exchange.request.headers.get("content-type", ""))
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise HttpError(415, "the body must be multipart/form-data")
    form = Form()
    segment: MultipartSegment | None = None
    content = bytearray()
    try:
        with PushMultipartParser(options["boundary"], max_segment_count=64) as parser:
            for piece in exchange.pieces(BODY_BYTES):
                for event in parser.parse(piece):
                    if isinstance(event, MultipartSegment):
                        segment, content = event, bytearray()
                    elif event:
                        content += event
                        if segment is not None and segment.filename is None and len(content) > _FIELD_BYTES:
                            raise HttpError(413, f"the field {segment.name!r} is too long")
                    elif segment is not None:
                        _keep(form, segment, bytes(content))
    except (MultipartError, ValueError):
        raise HttpError(400, "the form is malformed or was cut off") from None
    return form


def _keep(form: Form, segment: MultipartSegment, content: bytes) -> None:
    if segment.filename is not None:
        form.files[segment.name] = content
    else:
        form.texts.setdefault(segment.name.removesuffix("[]"), []).append(content.decode("utf-8", "replace"))
