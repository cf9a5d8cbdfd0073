"""Writes Tests/Files/hostile: HDF5 files (and a picture) as an attacker might make them, and Tests/Files/h5py_chunks_*.h5, honest ones in every kind of chunks.

With --large FOLDER, also those that are too large for a repository.
"""

import argparse
import pathlib
import zlib

import h5py
import numpy as np
from PIL import Image

FILES = pathlib.Path(__file__).resolve().parent.parent / "Files"


def chunks() -> None:
    """Values are row-major numbers, so that any mistake shows."""
    for libver in ["earliest", "v110"]:
        with h5py.File(FILES / f"h5py_chunks_{libver}.h5", "w", libver=(libver, "v110")) as f:
            data = np.arange(7 * 10).reshape(7, 10)
            for name, kind in [("uint8", "u1"), ("int16", "<i2"), ("int32", "<i4"), ("int64", "<i8"), ("big", ">i4"), ("float16", "<f2")]:
                f.create_dataset(f"types/{name}", data=data.astype(kind), chunks=(3, 4), compression="gzip", shuffle=True)
            f.create_dataset("plain", data=data, chunks=(3, 4))
            f.create_dataset("checked", data=data, chunks=(2, 10), fletcher32=True, shuffle=True, compression="gzip")
            f.create_dataset("checked_alone", data=data.astype("u1"), chunks=(7, 3), fletcher32=True)
            f.create_dataset("one", data=data, chunks=(7, 10), compression="gzip")
            f.create_dataset("growing", data=data, chunks=(3, 4), maxshape=(None, 10), compression="gzip")
            f.create_dataset("growing_both", data=data, chunks=(3, 4), maxshape=(None, None), compression="gzip")
            part = f.create_dataset("part", shape=(7, 10), dtype="i4", chunks=(3, 4), fillvalue=-5, compression="gzip")
            part[4:, :3] = data[4:, :3]


def odd_float() -> h5py.h5t.TypeFloatID:
    """The exponent in the middle of the fraction's bits, or nearly so."""
    kind = h5py.h5t.IEEE_F32LE.copy()
    kind.set_fields(30, 20, 8, 0, 20)
    kind.set_ebias(100)
    kind.set_precision(31)
    return kind


def datasets(folder: pathlib.Path) -> None:
    """A file that opens, whose objects are each bad in a way of their own."""
    with h5py.File(folder / "objects.h5", "w", libver="earliest") as f:
        f["good"] = np.arange(4, dtype="f4")
        f["soft"] = h5py.SoftLink("/good")
        f["soft_ring"] = h5py.SoftLink("/soft_ring")
        f["outside"] = h5py.ExternalLink("other.h5", "/x")
        f.create_dataset("external", shape=(8,), dtype="u1", external=[("/etc/passwd", 0, 8)])
        layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
        layout[:] = h5py.VirtualSource("other.h5", "x", shape=(4,))
        f.create_virtual_dataset("virtual", layout)
        f.create_dataset("huge", shape=(2**40,), dtype="f8", chunks=(2**20,), compression="gzip")
        f.create_dataset("huge_contiguous", shape=(2**20, 2**20), dtype="f8")
        f.create_dataset("beyond_integers", shape=(2**60, 2**60), dtype="u1", chunks=(1, 1))
        f.create_dataset("tiny_chunks", shape=(2**25,), dtype="u1", chunks=(1,))
        f.create_dataset("other_filter", data=np.zeros(1000), chunks=(1000,), compression="lzf")
        f.create_dataset("numbers_of_any_length", shape=(2,), dtype=h5py.vlen_dtype("i4"))
        f.create_dataset("references", data=f["good"].ref, dtype=h5py.ref_dtype)
        f["opaque"] = np.void(b"abcd")
        f.create_dataset("packed_text", data=["a" * 100] * 50, chunks=(50,), compression="gzip")
        h5py.h5d.create(f.id, b"odd_float", odd_float(), h5py.h5s.create_simple((4,)))
        bomb = f.create_dataset("bomb", shape=(1000,), dtype="u1", chunks=(1000,), compression="gzip")
        bomb.id.write_direct_chunk((0,), zlib.compress(bytes(1 << 24), 9))
        short = f.create_dataset("short_chunk", shape=(1000,), dtype="u1", chunks=(1000,), compression="gzip")
        short.id.write_direct_chunk((0,), zlib.compress(bytes(999), 9))
        cut = f.create_dataset("cut_chunk", shape=(1000,), dtype="u1", chunks=(1000,), compression="gzip")
        cut.id.write_direct_chunk((0,), zlib.compress(np.arange(1000).astype("u1").tobytes(), 9)[:200])
        wrong = f.create_dataset("wrong_checksum", shape=(8,), dtype="u1", chunks=(8,), fletcher32=True)
        wrong.id.write_direct_chunk((0,), bytes(range(8)) + bytes(4))
        lengths = np.empty(2, dtype=object)
        lengths[:] = [np.arange(3, dtype="i4"), np.arange(2, dtype="i4")]
        f.attrs.create("any_length", lengths, dtype=h5py.vlen_dtype("i4"))


def rings(folder: pathlib.Path) -> None:
    with h5py.File(folder / "ring.h5", "w", libver="earliest") as f:
        f["a/value"] = np.arange(3)
        f["a/back"] = f["a"]
        f["a/top"] = f["/"]
        # Two names for the next group in each: 2 to the power of 25 paths.
        group = f.create_group("double")
        for _ in range(25):
            below = group.create_group("left")
            group["right"] = below
            group = below
        group["value"] = 1


def limits(folder: pathlib.Path) -> None:
    with h5py.File(folder / "deep.h5", "w", libver="earliest") as f:
        f["/".join(["g"] * 60)] = 1
    with h5py.File(folder / "long_name.h5", "w", libver="earliest") as f:
        f["n" * 3000] = 1


def large(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with h5py.File(folder / "million.h5", "w", libver="latest") as f:
        for number in range(1000):
            group = f.create_group(f"g{number}")
            for inner in range(1000):
                group.create_group(f"{inner}")
    with h5py.File(folder / "bomb.h5", "w", libver="earliest") as f:
        bomb = f.create_dataset("bomb", shape=(1000,), dtype="u1", chunks=(1000,), compression="gzip")
        packer, packed = zlib.compressobj(9), b""
        for _ in range(16 * 1024):
            packed += packer.compress(bytes(1 << 20))
        bomb.id.write_direct_chunk((0,), packed + packer.flush())
    with h5py.File(folder / "checkpoint.h5", "w", libver="earliest") as f:
        f.attrs["format"], f.attrs["version"] = "tel-checkpoint", 1
        for number in range(300):
            f[f"state/layer{number}.weight"] = np.random.rand(512, 512).astype("f4")


def pictures(folder: pathlib.Path) -> None:
    """A picture in scans, for a test to repeat the last one."""
    y, x = np.mgrid[:48, :64]
    Image.fromarray((4 * x ^ 5 * y).astype("u1")).save(folder / "progressive.jpg", progressive=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=pathlib.Path)
    arguments = parser.parse_args()
    (FILES / "hostile").mkdir(exist_ok=True)
    chunks()
    for make in [datasets, rings, limits, pictures]:
        make(FILES / "hostile")
    if arguments.large:
        large(arguments.large)
