"""Whether tel adds up the logits of several scales, mirrored and not, as PyTorch does with the same weights."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import torch
from hrnet_peer import resized
from weights import network, published_names

HERE = Path(__file__).resolve().parent
SCRIPT = """
local net = tel.models.hrnet_w48{classes = 19}
net:load(arg[1]):eval()
local images, out = tel.hdf5.open(arg[2], "r"), tel.hdf5.open(arg[3], "w")
local scales = images:read("/scales"):totable()
for _, name in ipairs{"a", "b"} do
  local image = images:read("/" .. name)
  for _, flip in ipairs{false, true} do
    out:write("/" .. name .. (flip and "/flip" or "/plain"), net:logits(image, {scales = scales, flip = flip}))
  end
end
out:close()
"""
# The published scales of PASCAL VOC; the sides of the second image make sizes that are truncated.
SCALES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]
SIZES = {"a": (128, 128), "b": (97, 142)}
LARGEST = 1e-4


def multiscale(model: torch.nn.Module, image: torch.Tensor, flip: bool) -> torch.Tensor:
    """The sum of raw logits: images and logits are resized with corners on corners."""
    height, width = image.shape[2:]
    total = torch.zeros(1)
    for scale in SCALES:
        size = (int(height * scale), int(width * scale))
        scaled = resized(image, torch.Size(size))
        logits = model(scaled)
        if flip:
            logits = logits + model(scaled.flip(3)).flip(3)
        total = total + resized(logits, torch.Size((height, width)))
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tel", default=str(HERE.parents[1] / ".build/release/tel"))
    tel = str(Path(parser.parse_args().tel).resolve())
    model = network()
    state = dict(zip(published_names(), model.state_dict().values()))
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "logits.lua").write_text(SCRIPT)
        torch.save(state, folder / "weights.pth")
        images = {name: torch.randn(1, 3, *size) for name, size in SIZES.items()}
        with h5py.File(folder / "images.h5", "w") as file:
            file["scales"] = SCALES
            for name, image in images.items():
                file[name] = image.numpy()
        command = [tel, "run", "logits.lua", "weights.pth", "images.h5", "logits.h5"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
        with h5py.File(folder / "logits.h5") as file, torch.no_grad():
            for name, image in images.items():
                for flip in [False, True]:
                    expected = multiscale(model, image, flip).numpy()
                    found = file[f"{name}/{'flip' if flip else 'plain'}"][...]
                    distance = abs(found - expected).max() / abs(expected).max()
                    failed |= bool(distance > LARGEST)
                    views = f"{len(SCALES)} scales" + (", mirrored too" if flip else "")
                    print(
                        f"{SIZES[name][0]}x{SIZES[name][1]}, {views}: the largest difference is {distance:.1e} "
                        f"of the largest logit (at most {LARGEST:.0e})"
                    )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
