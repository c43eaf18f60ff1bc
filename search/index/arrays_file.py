"""Values with arrays as MessagePack, for files of our own: what a build works out on the way. No pickle, so that a
damaged file is an error and never code.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

T = TypeVar("T")


def write_value(value: object, path: Path) -> None:
    """Write a value; under its name there is all of it or nothing."""
    building = path.with_name(path.name + ".new")
    with building.open("wb") as file:
        file.write(msgspec.msgpack.encode(value, enc_hook=_encode))
        file.flush()
        os.fsync(file.fileno())
    building.replace(path)


def read_value(path: Path, type: type[T]) -> T:
    """Read what `write_value` wrote; the arrays can only be read."""
    return msgspec.msgpack.decode(path.read_bytes(), type=type, dec_hook=_decode)


def _encode(value: Any) -> tuple[str, tuple[int, ...], bytes]:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes()
    raise NotImplementedError(f"{type(value)} is no part of a file of ours")


def _decode(type: type, told: Any) -> np.ndarray:
    dtype, shape, data = told
    return np.frombuffer(data, np.dtype(dtype)).reshape(shape)
