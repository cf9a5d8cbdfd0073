"""Writes Tests/Files/h5py.h5: what h5py stores by default, for the reader to be tested against."""

import pathlib

import h5py
import numpy as np

path = pathlib.Path(__file__).resolve().parent.parent / "Files" / "h5py.h5"
with h5py.File(path, "w", libver="earliest") as f:
    for name in "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool".split():
        f[f"numbers/{name}"] = np.array([0, 1, 1, 100]).astype(name)
    f["numbers/big_endian"] = np.array([1, -2, 3], dtype=">f4")
    f["saturated"] = np.array([2**64 - 1], dtype="uint64")
    f["negative"] = np.array([-128, 127], dtype="int8")
    f["text"] = "grüß"
    f["fixed"] = np.array([b"ab", b"cde"], dtype="S5")
    f["texts"] = ["a", "bb"]
    f["compound"] = np.zeros(2, dtype=[("a", "f4"), ("b", "i4")])
    f["empty"] = h5py.Empty("f")
    f["link"] = h5py.SoftLink("/text")
    f["dangling"] = h5py.SoftLink("/none")
    f.create_dataset("unwritten", shape=(10**6, 10**6), chunks=(1000, 1000), dtype="f4")
    f.create_dataset("packed", data=np.arange(600, dtype="int32").reshape(20, 30), chunks=(7, 11), compression="gzip")
    f.attrs["text"] = "grüß"
    f.attrs["truth"] = True
    f.attrs["number"] = 1.5
    f.attrs["numbers"] = np.arange(3)
    f.attrs["fixed"] = np.bytes_("hi")
    f.attrs["texts"] = ["a", "b"]
    f.attrs["empty"] = h5py.Empty("f")
with h5py.File(path.with_name("h5py_outside.h5"), "w", libver="earliest") as f:
    f["elsewhere"] = h5py.ExternalLink("h5py.h5", "/text")
    f["here"] = 1.0
