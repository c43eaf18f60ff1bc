"""Reads a SentencePiece model file: its pieces with their scores, and its character map.

The file is one protocol-buffer message. Only three fields of it are needed, so a reader of the wire
format stands here instead of the `sentencepiece` and `protobuf` packages.

Source: sentencepiece_model.proto (ModelProto: 1 pieces, 3 normalizer_spec), protobuf encoding guide.
"""

from __future__ import annotations

import struct
from collections import defaultdict

Fields = dict[int, list[bytes | int]]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7


def read_message(data: bytes) -> Fields:
    """One message's fields by number; nested messages and strings stay bytes, fixed32 too."""
    fields: Fields = defaultdict(list)
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(data, at)
            fields[number].append(value)
            continue
        if kind == 2:
            length, at = _varint(data, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind} at byte {at} is not used by SentencePiece models")
        fields[number].append(data[at : at + length])
        at += length
    return fields


def _bytes(value: bytes | int) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number stands where the model file should hold text")
    return value


def read_unigram(data: bytes) -> tuple[list[tuple[str, float]], bytes]:
    """A model file's bytes -> (pieces with log probabilities, precompiled character map)."""
    model = read_message(data)
    pieces = []
    for raw in model[1]:
        piece = read_message(_bytes(raw))
        score = struct.unpack("<f", _bytes(piece[2][0]))[0] if 2 in piece else 0.0
        pieces.append((_bytes(piece[1][0]).decode(), score))
    normalizer = read_message(_bytes(model[3][0]))
    return pieces, _bytes(normalizer[2][0])
