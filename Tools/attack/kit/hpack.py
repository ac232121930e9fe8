"""As much of HPACK (RFC 7541) as attacks need: literals out; what a server says in, without a dynamic table.

The kit announces a table of size 0, so all that comes is the static table and literals.
"""

from __future__ import annotations

STATIC = (
    ":authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|:status 204|"
    ":status 206|:status 304|:status 400|:status 404|:status 500|accept-charset|accept-encoding gzip, deflate|"
    "accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|"
    "content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type|"
    "cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|"
    "last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|"
    "server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate"
).split("|")
# The code of Appendix B is canonical: its symbols in order of length are enough to build it. Symbols of 19 bits and
# more, which are no ASCII text, are left out.
_LENGTHS = {
    5: "012aceiost", 6: " %-./3456789=A_bdfghlmnpru", 7: ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz", 8: "&*,;XZ", 10: "!\"()?",
    11: "'+|", 12: "#>", 13: "\0$@[]~", 14: "^}", 15: "<`{",
}


def _codes() -> dict[tuple[int, int], str]:
    found, code, length = {}, 0, 0
    for bits, symbols in sorted(_LENGTHS.items()):
        code <<= bits - length
        length = bits
        for symbol in symbols:
            found[bits, code] = symbol
            code += 1
    return found


_CODES = _codes()


def integer(value: int, prefix: int, first: int = 0) -> bytes:
    """An integer with a prefix of so many bits (5.1)."""
    limit = (1 << prefix) - 1
    if value < limit:
        return bytes([first | value])
    out, value = bytearray([first | limit]), value - limit
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def literal(name: bytes, value: bytes, *, indexed: bool = False) -> bytes:
    """A literal field with a new name; `indexed` puts it into the peer's dynamic table (6.2.1)."""
    return (b"\x40" if indexed else b"\x00") + integer(len(name), 7) + name + integer(len(value), 7) + value


def encode(fields: list[tuple[str, str]]) -> bytes:
    """A header block of literals."""
    return b"".join(literal(name.encode(), value.encode()) for name, value in fields)


class Decoder:
    """Decodes header blocks of a peer that was told to keep no dynamic table."""

    def decode(self, block: bytes) -> dict[str, str]:
        """The fields; of equal names the last."""
        fields, at = {}, 0
        while at < len(block):
            byte = block[at]
            if byte & 0x80:
                index, at = _integer(block, at, 7)
                name, _, value = STATIC[index - 1].partition(" ") if index <= len(STATIC) else ("?", "", "")
            elif byte & 0xE0 == 0x20:
                _, at = _integer(block, at, 5)
                continue
            else:
                index, at = _integer(block, at, 6 if byte & 0x40 else 4)
                if index:
                    name = STATIC[index - 1].partition(" ")[0] if index <= len(STATIC) else "?"
                else:
                    name, at = _string(block, at)
                value, at = _string(block, at)
            fields[name] = value
        return fields


def _integer(block: bytes, at: int, prefix: int) -> tuple[int, int]:
    limit = (1 << prefix) - 1
    value = block[at] & limit
    at += 1
    shift = 0
    while value >= limit and at < len(block):
        byte = block[at]
        at += 1
        value += (byte & 127) << shift
        shift += 7
        if not byte & 128:
            break
    return value, at


def _string(block: bytes, at: int) -> tuple[str, int]:
    packed = bool(block[at] & 0x80)
    length, at = _integer(block, at, 7)
    raw = block[at:at + length]
    return (_unpack(raw) if packed else raw.decode("utf-8", "replace")), at + length


def _unpack(raw: bytes) -> str:
    out, code, bits = [], 0, 0
    for byte in raw:
        for shift in range(7, -1, -1):
            code, bits = code << 1 | byte >> shift & 1, bits + 1
            symbol = _CODES.get((bits, code))
            if symbol is not None:
                out.append(symbol)
                code, bits = 0, 0
    return "".join(out)
