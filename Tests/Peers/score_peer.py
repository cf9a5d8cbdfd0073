"""Whether tel data score agrees with a confusion matrix of NumPy, on random label maps in every coding. Needs numpy and Pillow."""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

CITYSCAPES = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]


def train_ids(dataset: str, labels: np.ndarray) -> np.ndarray:
    """Classes from 0 on; negative or too large where there is none."""
    if dataset == "cityscapes":
        table = np.full(256, -1)
        table[CITYSCAPES] = np.arange(19)
        return table[labels]
    if dataset == "ade20k":
        return (labels - np.uint8(1)).astype(int)
    return labels.astype(int)


def scores(dataset: str, classes: int, truth: np.ndarray, prediction: np.ndarray) -> tuple[float, float, list[float]]:
    t, p = train_ids(dataset, truth), train_ids(dataset, prediction)
    known = (t >= 0) & (t < classes)
    valid = (p >= 0) & (p < classes)
    matrix = np.bincount(classes * t[known & valid] + p[known & valid], minlength=classes**2).reshape(classes, classes)
    rows = matrix.sum(1)
    if dataset in ("cityscapes", "plain"):
        # Predictions of no class are false negatives, as in Cityscapes' own script.
        rows = np.bincount(t[known], minlength=classes)
    with np.errstate(invalid="ignore"):
        iou = np.diag(matrix) / (rows + matrix.sum(0) - np.diag(matrix))
    return 100 * np.nanmean(iou), 100 * np.trace(matrix) / rows.sum(), [100 * x for x in iou if not np.isnan(x)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tel", default=str(Path(__file__).resolve().parents[2] / ".build/release/tel"))
    tel = str(Path(parser.parse_args().tel).resolve())
    random = np.random.default_rng(1)
    worst = 0.0
    for dataset, classes, values in [
        ("cityscapes", 19, [*range(34), 255]),
        ("ade20k", 150, [*range(151)]),
        ("voc", 21, [*range(21), 255]),
        ("plain", 12, [*range(12), 255]),
    ]:
        with tempfile.TemporaryDirectory() as name:
            folder, pairs = Path(name), []
            for part in "pt":
                (folder / part).mkdir()
            for index in range(5):
                shape = random.integers(20, 90, 2)
                truth = random.choice(np.array(values, np.uint8), shape)
                guess = random.choice(np.array(values, np.uint8), shape)
                prediction = np.where(random.random(shape) < 0.6, truth, guess)
                pairs.append((truth, prediction))
                Image.fromarray(truth).save(folder / "t" / f"{index}.png")
                Image.fromarray(prediction).save(folder / "p" / f"{index}.png")
            done = subprocess.run(
                [tel, "data", "score", folder / "p", folder / "t", "--dataset", dataset], capture_output=True, text=True
            )
            if done.returncode != 0:
                sys.exit(f"tel failed: {done.stderr}")
            expected = scores(dataset, classes, *(np.concatenate([x[i].ravel() for x in pairs]) for i in (0, 1)))
            lines = done.stdout.splitlines()
            found = [float(x) for x in re.findall(r"([\d.]+) %", lines[0])]
            per_class = [float(x) for line in lines[2:] for x in re.findall(r"\s(\d+\.\d\d)(?=\s|$)", line)]
            if len(per_class) != len(expected[2]):
                sys.exit(f"{dataset}: {len(per_class)} classes, expected {len(expected[2])}\n{done.stdout}")
            difference = max(abs(a - b) for a, b in zip(found + per_class, [*expected[:2], *expected[2]]))
            worst = max(worst, difference)
            print(f"{dataset}: mIoU {found[0]:.2f}, differs by at most {difference:.4f} (two decimals are printed)")
    sys.exit(0 if worst <= 0.00501 else "the scores differ")


if __name__ == "__main__":
    main()
