"""What hostile providers answer, by row of docs/reliability.md."""

import base64
import copy
import gzip
import itertools
import json
import zlib

from hostile_case import Case
from hostile_server import (BEGIN, GOOD, GOOD_EVENTS, LAST, answer, event, flood, head,
                            in_single_bytes, stream, then_stall, trickle)

GIGABYTE = 1 << 30
SSE = "text/event-stream"


def bodies():
    start, fill = b'{"choices": "', b"a"
    def body(name, headers, reasons, length=None, limit=GIGABYTE):
        return Case("H-01", name, flood(head(length=length, more=headers) + start, fill, limit),
                    reasons)
    yield body("honest", (), "body_too_large", GIGABYTE)
    yield body("no-length", (), "body_too_large")
    yield body("says-less", (), "truncated_json", 100)
    yield body("says-more", (), "short_body", GIGABYTE, 1 << 16)
    yield body("beyond-numbers", (), "body_too_large", "9" * 40)
    yield body("below-zero", (), "transport_error body_too_large", "-1")
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    yield Case("H-01", "chunks", flood(head(more=["Transfer-Encoding: chunked"]), chunk),
               "body_too_large")
    yield Case("H-01", "one-chunk", flood(head(more=["Transfer-Encoding: chunked"])
                                          + b"40000000\r\n", fill), "body_too_large")


def _zstd_bomb(size):
    """One frame whose blocks say "this byte, 128 KiB times"."""
    block = 128 << 10
    count = size // block
    frame = b"\x28\xb5\x2f\xfd" + bytes([0x80 | 0x20]) + (size).to_bytes(4, "little")
    for i in range(count):
        frame += (int(i == count - 1) | 1 << 1 | block << 3).to_bytes(3, "little") + b"\0"
    return frame


# A hundred megabytes of zeros by brotli; Python's library cannot pack it.
_BROTLI_BOMB = base64.b64decode(
    "z///f/gnAOKxQCD3/p/////wTwDEYQGA7v0/////4Z8AiMMiAN37f/7//8M/ARCHBQC69//8//+HfwIgDgsAdO//8x+8"
    "Hv8EQBwWAOhi1wM=")
BOMB_SIZE = 64 << 20


def bombs():
    zeros = b"\0" * BOMB_SIZE
    chain = zeros
    for _ in range(5):
        chain = gzip.compress(chain, 9)
    packed = {"gzip": gzip.compress(zeros, 9), "deflate": zlib.compress(zeros, 9),
              "br": _BROTLI_BOMB, "zstd": _zstd_bomb(BOMB_SIZE),
              "gzip, gzip, gzip, gzip, gzip": chain}
    for encoding, data in packed.items():
        name = encoding if "," not in encoding else "gzip-five-times"
        yield Case("H-02", name, answer(data, more=[f"Content-Encoding: {encoding}"]),
                   "body_too_large")
    yield Case("H-02", "gzip-six-times",
               answer(gzip.compress(chain), more=["Content-Encoding: " + ", ".join(["gzip"] * 6)]),
               "decode_error")


def streams():
    start = head(kind=SSE)
    def case(name, behave, reasons):
        return Case("H-03", name, behave, reasons, "stream")
    yield case("endless", flood(start, event(BEGIN)), "body_too_large")
    yield case("comments-only", flood(start, b": keep-alive\n\n"), "body_too_large")
    yield case("slow-comments", trickle(start, b": keep-alive\n\n", 0.1), "total")
    yield case("byte-a-second", trickle(start + event(BEGIN), b"d", 1), "total")
    yield case("one-byte-then-silence", then_stall(start + b"d"), "total")
    yield case("silence-before-done", then_stall(start + event(BEGIN) + event(LAST)), "total")
    yield case("no-blank-line", flood(start, b"data: a\n", 100 << 20), "body_too_large")
    yield case("one-line", flood(start + b"data: ", b"a"), "body_too_large")
    yield case("line-past-its-cap", answer(b"data: " + b"a" * (100 << 10) + b"\n\n" + stream(),
                                           kind=SSE), "body_too_large")
    yield case("event-past-its-cap", answer(b"data: aaaaaaaaaa\n" * (30 << 10) + b"\n" + stream(),
                                            kind=SSE), "body_too_large")
    yield case("split-everywhere", in_single_bytes(start + stream("\r\n")), "ok")
    yield case("mixed-line-ends", answer(b"".join(
        event(e, end) for e, end in zip(GOOD_EVENTS, ("\r", "\r\n", "\n"), strict=True)),
        kind=SSE), "ok")
    yield case("bom", answer(b"\xef\xbb\xbf" + stream(), kind=SSE), "ok")
    yield case("million-data", answer(b"data:\n" * 1_000_000 + b"\n" + stream(), kind=SSE),
               "body_too_large")
    yield case("most-data-that-fits", answer(b"data:\n" * 170_000 + b"\n" + stream(), kind=SSE),
               "bad_json ok")


def headers():
    body = json.dumps(GOOD).encode()
    def case(name, behave, reasons):
        return Case("H-04", name, behave, reasons)
    yield case("one-of-200-kilobytes", answer(GOOD, more=["X-Long: " + "a" * 200_000]),
               "header_too_large")
    yield case("four-thousand", answer(GOOD, more=["X-Many: " + "a" * 1000] * 4000),
               "header_too_large")
    yield case("no-end", flood(b"HTTP/1.1 200 OK\r\n", b"X-Endless: a\r\n"), "header_too_large")
    yield case("one-without-end", flood(b"HTTP/1.1 200 OK\r\nX-Endless: ", b"a"),
               "header_too_large")
    yield case("slow", trickle(b"HTTP/1.1 200 OK\r\n", b"X-Slow: a\r\n", 0.1), "total")
    yield case("nul", answer(GOOD, more=["X-Nul: a\0b"]), "transport_error")
    yield case("bare-line-feeds", lambda c: c.sendall(head(length=len(body)).replace(
        b"\r\n", b"\n") + body), "ok")
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    yield case("hundred-continues", lambda c: c.sendall(interim * 100 + head(length=len(body))
                                                       + body), "ok")
    yield case("flood-of-continues", flood(b"", interim), "header_too_large")
    yield case("flood-of-hints", flood(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
               "header_too_large")
    yield case("slow-continues", trickle(b"", interim, 0.1), "ttfb")
    yield case("no-http", answer_raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "transport_error")
    yield case("no-status", answer_raw(b"HTTP/1.1 abc\r\n\r\n"), "transport_error")


def answer_raw(data):
    return lambda connection: connection.sendall(data)


# What a field may hold instead of what it should.
ODD_VALUES = [None, True, 0, -1, 1.5, "", "text", [], {}, [[]], {"a": {}}, [None], 10**30]


def _places(value, path=()):
    """Every place inside a JSON value."""
    children = (value.items() if isinstance(value, dict)
                else enumerate(value) if isinstance(value, list) else ())
    for key, child in children:
        yield (*path, key)
        yield from _places(child, (*path, key))


def wrong_types():
    """A behaviour: each answer has another field of another wrong type, or lacks it."""
    bodies_ = []
    for path in _places(GOOD):
        for odd in [*ODD_VALUES, "absent"]:
            whole = copy.deepcopy(GOOD)
            parent = whole
            for key in path[:-1]:
                parent = parent[key]
            if odd == "absent":
                del parent[path[-1]]
            else:
                parent[path[-1]] = odd
            bodies_.append(whole)
    # Neighbours differ much, so that a few probes see many kinds.
    turn = itertools.count()
    return lambda c: answer(bodies_[next(turn) * 37 % len(bodies_)])(c)


def json_horrors():
    def case(name, body, reasons):
        return Case("H-05", name, answer(body), reasons)
    good = json.dumps(GOOD)
    def number(text):
        return good.replace('"prompt_tokens": 3', f'"prompt_tokens": {text}').encode()
    yield case("garbage", bytes(range(256)) * 40, "non_json_200")
    yield case("garbage-after-a-brace", b"{" + bytes(range(256)) * 40, "truncated_json")
    yield case("truncated", good[:-20].encode(), "truncated_json")
    yield case("deep", b"[" * 1_000_000, "truncated_json")
    yield case("deep-and-closed", b"[" * 500_000 + b"]" * 500_000, "truncated_json")
    yield case("deep-objects", b'{"a":' * 200_000, "truncated_json")
    yield case("many-objects", b'{"choices": [' + b"{}," * 340_000 + b"{}]}", "truncated_json")
    yield case("many-numbers", b"[" + b"0," * 500_000 + b"0]", "truncated_json")
    yield case("most-objects", b'{"choices": [' + b"{}," * 49_000 + b"{}]}", "bad_json")
    yield case("equal-keys", good.replace('"model"', '"id": 1, "id": [], "model"').encode(), "ok")
    yield case("many-equal-keys", b"{" + b'"a":1,' * 90_000 + good[1:].encode(), "ok")
    yield case("huge-number", number("1e400"), "ok truncated_json")
    yield case("endless-number", number("9" * 900_000), "ok truncated_json")
    yield case("minus-zero", number("-0"), "ok")
    yield case("negative-tokens", number("-5"), "ok")
    yield case("not-a-number", number("NaN"), "truncated_json")
    yield case("20-megabyte-string", json.dumps({**GOOD, "id": "a" * (20 << 20)}).encode(),
               "body_too_large")
    yield case("largest-string", json.dumps({**GOOD, "id": "a" * 1_000_000}).encode(), "ok")
    yield case("array", [GOOD, GOOD], "bad_json")
    yield case("empty-array", [], "bad_json")
    yield case("empty-object", {}, "bad_json")
    yield case("null", b"null", "non_json_200")
    yield case("string", b'"pong"', "non_json_200")
    yield case("two-values", (good + good).encode(), "truncated_json")
    yield case("utf-16", good.encode("utf-16"), "non_json_200")
    yield Case("H-05", "wrong-types", wrong_types(), "ok bad_json error_in_200 truncated_json")


# By name: what a terminal, a log or a page must not get to see as it is.
TEXTS = {
    "invalid-utf8": b"\xff\xfe\xc3(\xe2\x82", "overlong": b"\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf",
    "lone-surrogates": b"\xed\xa0\x80\xed\xb0\x80", "lone-escapes": b"\\ud800 \\udc00 \\ud83d",
    "right-to-left": "\u202eevil\u2066\u200d\u200f\ufeff".encode(),
    "ansi": b"\\u001b[2J\\u001b]0;owned\\u0007\\u0000\\u007f\\u009b31m",
    "raw-ansi": b"\x1b[2J\x1b]0;owned\x07\x7f\xc2\x9b31m",
    "lines": b"\\r\\nlevel=info msg=\\\"all is well\\\"\\nts=0",
    "markup": b"<script>alert(1)</script><img src=x onerror=alert(1)>\\\"'&amp;",
    "cut-in-a-character": "\u00e9".encode() * 5000,
}


def texts():
    """Each text where providers' words come from: an error's message, the model that
    answered, and the headers."""
    for name, text in TEXTS.items():
        plain = text.replace(b"\r", b"").replace(b"\n", b"").decode("latin-1")[:4000]
        more = [f"x-request-id: {plain}", f"retry-after: {plain}", f"date: {plain}"]
        error = (b'{"error": {"message": "' + text + b'", "type": "' + text + b'", "code": "'
                 + text + b'"}}')
        yield Case("H-06", f"error-{name}", answer(error, "400 Bad Request", more=more),
                   "bad_request_param")
        served = json.dumps(GOOD).encode().replace(b'"model": "m"', b'"model": "' + text + b'"')
        yield Case("H-06", f"model-{name}", answer(served, more=more), "ok truncated_json")


# Ways to say when to come back.
RETRY_AFTER = {"ages": "1000000000000", "scientific": "1e12", "negative": "-5", "zero": "0",
               "past": "Thu, 01 Jan 1970 00:00:00 GMT", "future": "Fri, 31 Dec 9999 23:59:59 GMT",
               "garbage": "soon; or \x7f later", "empty": "", "overflow": "9" * 400}


def storms():
    def body(kind):
        return {"error": {"message": "come back later", "type": kind, "code": kind}}
    for name, value in RETRY_AFTER.items():
        more = [f"Retry-After: {value}"]
        yield Case("H-11", f"429-{name}", answer(body("rate_limit_exceeded"),
                                                 "429 Too Many Requests", more=more), "rpm",
                   seldom=True)
        yield Case("H-11", f"503-{name}", answer(body("server_error"), "503 Service Unavailable",
                                                 more=more), "unavailable", seldom=True)
