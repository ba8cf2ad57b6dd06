"""On the host: a sample as a record of a fixed size in a file, with its number and a checksum."""

from __future__ import annotations

import struct
import zlib

from gpuinfra.host.guard.gpu import Gpu
from gpuinfra.host.guard.sample import Sample

MOST_GPUS = 16  # of any instance type
# number, time, seconds; CPU cores busy, memory used (MiB), disk free (GB), each of all; bytes/s in, out; GPUs
PLAIN = struct.Struct("<IdffHIIffffB")
GPU = struct.Struct("<BBHH")  # load, temperature, memory used and there in units of 16 MiB
MEMORY_UNIT_MIB = 16
UNKNOWN_BYTE, UNKNOWN_WORD = 0xFF, 0xFFFF
CHECKSUM = struct.Struct("<I")
RECORD_BYTES = PLAIN.size + MOST_GPUS * GPU.size + CHECKSUM.size


def pack(number: int, sample: Sample) -> bytes:
    """Return a sample as its record; raises struct.error or OverflowError for what does not fit."""
    gpus = (sample.gpus or [])[:MOST_GPUS]
    plain = PLAIN.pack(
        number & 0xFFFFFFFF,
        sample.time,
        sample.seconds,
        sample.cpu_cores,
        sample.cpus,
        sample.memory_used_mib,
        sample.memory_mib,
        sample.disk_free_gb,
        sample.disk_gb,
        sample.received_bytes_s,
        sample.sent_bytes_s,
        UNKNOWN_BYTE if sample.gpus is None else len(gpus),
    )
    packed = plain + b"".join(map(_pack_gpu, gpus)) + bytes(GPU.size * (MOST_GPUS - len(gpus)))
    return packed + CHECKSUM.pack(zlib.crc32(packed))


def _pack_gpu(gpu: Gpu) -> bytes:
    return GPU.pack(
        _coded(gpu.busy_percent, UNKNOWN_BYTE),
        _coded(gpu.temperature_c, UNKNOWN_BYTE),
        _coded(gpu.memory_used_mib, UNKNOWN_WORD, MEMORY_UNIT_MIB),
        _coded(gpu.memory_mib, UNKNOWN_WORD, MEMORY_UNIT_MIB),
    )


def _coded(value: float | None, unknown: int, unit: int = 1) -> int:
    return unknown if value is None else min(unknown - 1, round(value / unit))


def _decoded(code: int, unknown: int, unit: int = 1) -> int | None:
    return None if code == unknown else code * unit


def unpack(record: bytes) -> tuple[int, Sample] | None:
    """Return number and sample of a record; None: it is empty, or not whole."""
    if record[:4] == bytes(4) or zlib.crc32(record[:-4]) != CHECKSUM.unpack(record[-4:])[0]:
        return None
    number, time, seconds, cores, cpus, used, memory, free, disk, received, sent, count = PLAIN.unpack_from(
        record
    )
    gpus = [_unpack_gpu(record, index) for index in range(0 if count == UNKNOWN_BYTE else count)]
    return number, Sample(
        time=time,
        seconds=round(seconds, 1),
        gpus=None if count == UNKNOWN_BYTE else gpus,
        cpu_cores=round(cores, 3),
        cpus=cpus,
        memory_used_mib=used,
        memory_mib=memory,
        disk_free_gb=round(free, 1),
        disk_gb=round(disk, 1),
        received_bytes_s=round(received, 1),
        sent_bytes_s=round(sent, 1),
    )


def _unpack_gpu(record: bytes, index: int) -> Gpu:
    busy, temperature, used, memory = GPU.unpack_from(record, PLAIN.size + index * GPU.size)
    return Gpu(
        index=index,
        busy_percent=_decoded(busy, UNKNOWN_BYTE),
        temperature_c=_decoded(temperature, UNKNOWN_BYTE),
        memory_used_mib=_decoded(used, UNKNOWN_WORD, MEMORY_UNIT_MIB),
        memory_mib=_decoded(memory, UNKNOWN_WORD, MEMORY_UNIT_MIB),
    )
