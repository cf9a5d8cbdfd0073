"""Whether images (bicubic) and class ids (nearest) are resized as OpenCV resizes them, at random sizes and scales.

opencv-python-headless of PyPI. Its builds may hand work to Intel's IPP, which rounds in ways of its own: that is
switched off.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import h5py
import numpy as np

HERE = Path(__file__).resolve().parent
SCRIPT = """
local cases, results = tel.hdf5.open(arg[1], "r"), tel.hdf5.open(arg[2], "w")
for _, name in ipairs(cases:keys("/")) do
  local size = cases:read("/" .. name .. "/size"):totable()
  for _, kind in ipairs{"image", "labels"} do
    local path = "/" .. name .. "/" .. kind
    results:write(path, tel.image.resize(cases:read(path), size))
  end
end
results:close()
"""
LARGEST_SHARE = 1e-3


def cases(count: int, random: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray, tuple[int, int]]]:
    """Images, class ids, and new sizes: those of training (int(w·√a·s), int(h·√(1/a)·s)) and of validation."""
    result = []
    for index in range(count):
        width, height = (int(side) for side in random.integers(1 if index % 4 == 0 else 16, 400, 2))
        scale, aspect = random.uniform(0.5, 2), random.uniform(0.9, 1.1)
        size = (int(width * np.sqrt(aspect) * scale), int(height * np.sqrt(1 / aspect) * scale))
        if index % 3 == 1:
            shorter = int(random.integers(32, 512)) / min(width, height)
            size = (round(width * shorter), round(height * shorter))
        elif index % 3 == 2:
            size = (512, 512)
        size = (min(2000, max(1, size[0])), min(2000, max(1, size[1])))
        image = random.integers(0, 256, (height, width, 3), np.uint8)
        if index % 2:  # smooth, as photographs are, with edges
            image = cv2.GaussianBlur(image, (0, 0), 3)
            image[: height // 2] = 255 - image[: height // 2]
        result.append((image, random.integers(0, 256, (height, width), np.uint8), size))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tel", default=str(HERE.parents[1] / ".build/release/tel"))
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if hasattr(cv2, "ipp"):
        cv2.ipp.setUseIPP(False)
    made = cases(options.cases, np.random.default_rng(options.seed))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "resize.lua").write_text(SCRIPT)
        with h5py.File(folder / "cases.h5", "w") as file:
            for index, (image, labels, size) in enumerate(made):
                file[f"{index:05d}/image"] = image.transpose(2, 0, 1)
                file[f"{index:05d}/labels"] = labels
                file[f"{index:05d}/size"] = np.array(size, np.int64)
        command = [str(Path(options.tel).resolve()), "run", "resize.lua", "cases.h5", "results.h5"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
        pixels, others, worst, labels_wrong = 0, 0, 0, 0
        with h5py.File(folder / "results.h5") as file:
            for index, (image, labels, size) in enumerate(made):
                expected = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC).astype(int)
                found = file[f"{index:05d}/image"][...].transpose(1, 2, 0).astype(int)
                difference = np.abs(expected - found).max(2)
                pixels += difference.size
                others += int((difference > 0).sum())
                worst = max(worst, int(difference.max()))
                nearest = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
                labels_wrong += int((nearest != file[f"{index:05d}/labels"][...]).sum())
    print(f"OpenCV {cv2.__version__}, {options.cases} sizes, {pixels} pixels")
    print(
        f"images: {others} pixels ({others / pixels:.5%}) differ, by {worst} of 255 at most "
        f"(at most 1, in less than {LARGEST_SHARE:.1%})"
    )
    print(f"class ids: {labels_wrong} pixels differ (at most 0)")
    sys.exit(1 if worst > 1 or others >= LARGEST_SHARE * pixels or labels_wrong else 0)


if __name__ == "__main__":
    main()
