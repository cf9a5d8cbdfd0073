"""Reads with h5py every kind of HDF5 file that tel writes, and changes one: what tel then says of it.

    python Tests/Peers/h5py_files.py [--tel .build/release/tel]

Needs h5py. Ends with status 1 and a reason where something isn't as it should be.
"""

import argparse
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np

RECIPE = """
local size = {64, 32}
return tel.recipe {
  name = "tiny", iterations = 6, batch = 2, save_every = 2, keep = 2, milestone_every = 2, average = {decay = 0.9},
  model = tel.models.hrnet{classes = 11, width = 4, modules = {1, 1}, blocks = 1, bottlenecks = 1, stem = 8, embedding = 8},
  data = {
    train = tel.data.scenes{size = size, count = 6, seed = 1},
    val = tel.data.scenes{size = size, count = 2, first = 100, seed = 1, labels = "dense"},
  },
  loss = {tel.loss.cross_entropy{}}, optimizer = tel.optim.sgd{lr = 0.1, momentum = 0.9},
  validate_every = 3, test = {probabilities = true},
}
"""
SCRIPT = """
local f = tel.hdf5.open("script.h5", "w")
f:write("/a/numbers", tel.arange(6):reshape(2, 3)); f:write("/text", "grüß"); f:write("/number", 1.5); f:close()
"""


def check(condition: bool, what: str) -> None:
    if not condition:
        sys.exit(f"FAILED: {what}")


def seal(path: Path) -> dict[str, list[tuple[int, int]]]:
    """Where each dataset's bytes lie, by the table behind the HDF5 file."""
    data = path.read_bytes()
    check(data[-8:] == b"telparts", f"{path} ends in its checksums")
    table_length, content_length = struct.unpack_from("<QQ", data, len(data) - 32)
    check(content_length + table_length + 32 == len(data), f"{path} is as long as it says")
    position, parts = content_length, {}

    def number() -> int:
        nonlocal position
        position += 8
        return struct.unpack_from("<Q", data, position - 8)[0]

    for _ in range(number()):
        length = number()
        name = data[position : position + length].decode()
        position += length
        parts[name] = [(number(), number()) for _ in range(number())]
        number()
    return parts


def read_everything(path: Path) -> int:
    """Reads all datasets and attributes; of unpacked ones also the bytes where the table says that they are."""
    count, parts, data = 0, seal(path), path.read_bytes()
    with h5py.File(path, "r") as file:

        def visit(name: str, item) -> None:
            nonlocal count
            dict(item.attrs)
            if not isinstance(item, h5py.Dataset):
                return
            count += 1
            values = item[()]
            ranges = parts.get("/" + name)
            if item.chunks is None and item.dtype != object and item.size > 0:
                check(ranges is not None and len(ranges) == 1, f"/{name} has a checksum")
                start, length = ranges[0]
                check(data[start : start + length] == np.asarray(values).tobytes(), f"/{name} lies where it should")

        dict(file.attrs)
        file.visititems(visit)
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).resolve().parents[2] / ".build/release/tel"
    parser.add_argument("--tel", type=Path, default=default)
    tel = str(parser.parse_args().tel.resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def run(*arguments: str) -> subprocess.CompletedProcess:
            return subprocess.run([tel, *arguments], cwd=folder, capture_output=True, text=True)

        (folder / "recipe.lua").write_text(RECIPE)
        (folder / "script.lua").write_text(SCRIPT)
        for arguments in [["recipe.lua"], ["recipe.lua", "--phase", "test"], ["script.lua"]]:
            result = run("run", *arguments)
            check(result.returncode == 0, result.stderr)
        result = run("import", "runs/tiny/checkpoints/best.h5", "imported.h5")
        check(result.returncode == 0, result.stderr)
        files = sorted(folder.rglob("*.h5"))
        for path in files:
            print(f"{path.relative_to(folder)}: {read_everything(path)} datasets read")
        latest = folder / "runs/tiny/checkpoints/latest.h5"
        kept = latest.read_bytes()
        with h5py.File(latest, "r") as file:
            key = sorted(file["state"])[0]
            check(file.attrs["format"] == "tel-checkpoint" and file["progress"].attrs["iteration"] == 6, "progress")
        with h5py.File(folder / "runs/tiny/results.h5", "r") as file:
            check(list(file["metrics/train/iteration"][()]) == [1, 2, 3, 4, 5, 6], "iterations")
            check(file["data/train"].attrs["samples"] == 6, "samples")
            check(file["recipe/sources"][0].decode() == RECIPE, "the recipe's source")

        # Whatever another program changes and closes has no checksums any more, and is taken as it is.
        def numbers(file):
            file["state"][key][...] = 0.25

        def attribute(file):
            file["progress"].attrs["iteration"] = 6

        def dataset(file):
            file["note"] = np.arange(100000)

        def removal(file):
            del file["optimizer"]

        for change in [numbers, attribute, dataset, removal]:
            latest.write_bytes(kept)
            with h5py.File(latest, "r+") as file:
                change(file)
            check(latest.read_bytes()[-8:] != b"telparts", f"{change.__name__}: the checksums are gone")
            result = run("inspect", "runs/tiny/checkpoints/latest.h5")
            check(result.returncode == 0 and "checksums: none" in result.stdout, f"{change.__name__}: {result}")
            if change is removal:
                continue
            result = run("run", "recipe.lua", "--resume")
            check(result.returncode == 0 and "has no checksums" in result.stdout, f"{change.__name__}: {result}")
            print(f"changed by h5py ({change.__name__}): read as it is, and told")

        # Killed before it closed the file: the old checksums stand behind other numbers.
        latest.write_bytes(kept)
        program = f"""
import h5py, os
file = h5py.File({str(latest)!r}, "r+")
file["state"][{key!r}][...] = 0.25
file.flush()
os._exit(1)
"""
        subprocess.run([sys.executable, "-c", program])
        ends_in_checksums = latest.read_bytes()[-8:] == b"telparts"
        result = run("run", "recipe.lua", "--resume")
        if ends_in_checksums:
            check(result.returncode == 1 and "damaged" in result.stderr, f"killed: {result}")
        else:
            check("has no checksums" in result.stdout, f"killed: {result}")
        print("changed by an h5py that was killed:", (result.stderr or result.stdout).splitlines()[0].replace(name, "…"))
        shutil.rmtree(folder / "runs")
    print("h5py reads every file")


if __name__ == "__main__":
    main()
