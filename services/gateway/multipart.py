"""Forms (multipart/form-data) as streams: the bytes of the part `file`, as they come.

Starlette's own form parser stores every part in a file first and caps none of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from shared.errors import InputError

PART = "file"


class FormFile:
    """The file in a form. `name` is known once its first bytes have come."""

    def __init__(self, content_type: str, form: AsyncIterator[bytes]) -> None:
        """Begin to read a form.

        Raises:
            InputError: the content type names no boundary.
        """
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        if not boundary:
            raise InputError(
                "The form's Content-Type names no boundary. Let your HTTP client set that header."
            )
        self.name: str | None = None
        self._form, self._found, self._wanted, self._ended = form, False, False, False
        self._pieces: list[bytes] = []
        self._header, self._value = b"", b""
        self._parser = MultipartParser(
            boundary,
            {
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    async def blocks(self) -> AsyncIterator[bytes]:
        """Yield the file's bytes.

        Raises:
            InputError: the form is broken off or malformed, or has no part `file`.
        """
        async for block in self._form:
            try:
                self._parser.write(block)
            except FormParserError as error:
                raise InputError(f"The form cannot be read: {error}. Send multipart/form-data.") from error
            pieces, self._pieces = self._pieces, []
            for piece in pieces:
                yield piece
        if not self._ended:
            raise InputError("The form ends before its last boundary. Send it again, whole.")
        if not self._found:
            raise InputError(
                f"The form has no file in a part called {PART!r}. Send one there, or the file's bytes alone."
            )

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            options = parse_options_header(self._value)[1]
            # Of several files the first counts.
            self._wanted = options.get(b"name") == PART.encode() and not self._found
            if self._wanted:
                self._found = True
                self.name = options.get(b"filename", b"").decode("utf-8", errors="replace")
        self._header, self._value = b"", b""

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._wanted:
            self._pieces.append(data[start:end])

    def _on_part_end(self) -> None:
        self._wanted = False

    def _on_end(self) -> None:
        self._ended = True
