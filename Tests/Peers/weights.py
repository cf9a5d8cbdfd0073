"""Whether weights that PyTorch wrote give PyTorch's logits in tel, and whether what tel writes comes back with the same bits."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import torch
from hrnet_peer import HRNet
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parent
SCRIPT = """
local net = tel.models.hrnet_w48{classes = 19}
net:load(arg[1]):eval()
local images = tel.hdf5.open(arg[2], "r"):read("/images")
local out = tel.hdf5.open(arg[3], "w")
out:write("/logits", tel.no_grad(function() return net(images).logits end))
out:close()
"""


def published_names() -> list[str]:
    """State-dict keys of HRNet-W48 in their order, which is the order of the peer's own."""
    with h5py.File(HERE.parent / "Golden" / "model_hrnet_w48_cityscapes.h5") as file:
        return [entry[0] for entry in json.loads(bytes(file["meta_json"][...]))["state_dict"]]


def network() -> HRNet:
    torch.manual_seed(1)
    result = HRNet().eval()
    for name, buffer in result.named_buffers():
        if name.endswith("running_mean"):
            buffer.uniform_(-0.1, 0.1)
        elif name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    return result


# A process counts as large as the one that it is forked from, so a small one starts the command.
LAUNCHER = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


def run(command: list[str], folder: Path) -> tuple[float, int]:
    """Seconds, and the most resident memory in bytes."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", LAUNCHER, *command], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return time.perf_counter() - start, 1024 * int(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tel", default=str(HERE.parents[1] / ".build/release/tel"))
    tel = str(Path(parser.parse_args().tel).resolve())
    model = network()
    own = model.state_dict()
    names = published_names()
    assert len(names) == len(own)
    state = {"module." + name: value for name, value in zip(names, own.values())}
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "logits.lua").write_text(SCRIPT)
        images = torch.randn(1, 3, 96, 160)
        with h5py.File(folder / "images.h5", "w") as file:
            file["images"] = images.numpy()
        with torch.no_grad():
            expected = model(images).numpy()
        for encoding in ["zip", "legacy"]:
            path = folder / f"{encoding}.pth"
            saved = {"state_dict": state, "config_dict": {"iters": 40000}}
            torch.save(saved, path, _use_new_zipfile_serialization=encoding == "zip")
            run([tel, "run", "logits.lua", str(path), "images.h5", f"{encoding}.h5"], folder)
            with h5py.File(folder / f"{encoding}.h5") as file:
                found = file["logits"][...]
            distance = np.linalg.norm(found - expected) / np.linalg.norm(expected)
            failed |= bool(distance > 1e-5)
            print(f"{encoding}: logits differ by {distance:.1e} (relative L2; at most 1e-5)")

            seconds, peak = run([tel, "import", str(path), f"{encoding}_state.h5"], folder)
            size = path.stat().st_size
            failed |= peak > 1.2 * size
            print(
                f"{encoding}: {size / 1e6:.0f} MB imported in {seconds:.1f} s "
                f"with {peak / size:.2f} of that in memory (at most 1.2)"
            )
            run([tel, "export", f"{encoding}_state.h5", f"{encoding}.safetensors"], folder)
            back = load_file(folder / f"{encoding}.safetensors")
            same = set(back) == set(names) and all(
                torch.equal(back[name].reshape(value.shape), value) for name, value in zip(names, own.values())
            )
            failed |= not same
            print(f"{encoding}: exported and loaded in PyTorch, the bits are {'the same' if same else 'OTHERS'}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
