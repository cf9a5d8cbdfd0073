"""Miniature data sets in the layouts and codings of the originals, to try recipes without the downloads.

Cityscapes: leftImg8bit/<split>/<city>/X_leftImg8bit.png,
            gtFine/<split>/<city>/X_gtFine_{labelIds,color,instanceIds}.png
ADE20K:     images/{training,validation}/NAME.jpg, annotations/{training,validation}/NAME.png
and sparse labels in train/sparse_label/{block10,block20,block50} below the root of each.

A picture is patches, each of one class and in that class's colour with some noise, so that there is something to learn.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

SHARES = {"block10": 0.1, "block20": 0.2, "block50": 0.5}
# The evaluated label ids of Cityscapes, in the order of train ids.
CITYSCAPES = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]
CITIES = {"train": ["aachen", "bochum"], "val": ["frankfurt"]}


def patches(
    random: np.random.Generator, width: int, height: int, classes: int, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Which patch every pixel lies in, that of the nearest of `count` points, and every patch's class from 0."""
    points = random.uniform((0, 0), (height, width), (count, 2))
    y, x = np.mgrid[:height, :width]
    nearest, best = np.zeros((height, width), np.int64), np.full((height, width), np.inf)
    for index, (py, px) in enumerate(points):
        distance = (y - py) ** 2 + (x - px) ** 2
        nearest[distance < best] = index
        best = np.minimum(best, distance)
    return nearest, random.integers(0, classes, count)


def picture(random: np.random.Generator, train_ids: np.ndarray) -> Image.Image:
    """The colours of classes, the same in all pictures, with noise."""
    colours = np.random.default_rng(0).integers(30, 226, (256, 3))
    noise = random.normal(0, 12, (*train_ids.shape, 3))
    return Image.fromarray(np.clip(colours[train_ids] + noise, 0, 255).astype(np.uint8))


def blocks(random: np.random.Generator, parts: np.ndarray, labels: np.ndarray, share: float) -> np.ndarray:
    """The labels of that share of every patch, its rows from the top on; 0 elsewhere."""
    sparse = np.zeros_like(labels)
    for part in np.unique(parts):
        y, x = np.nonzero(parts == part)
        keep = max(1, round(share * len(y)))
        sparse[y[:keep], x[:keep]] = labels[y[:keep], x[:keep]]
    return sparse


def save(image: Image.Image | np.ndarray, path: Path, **options: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, **options)


def cityscapes(root: Path, split: str, index: int, random: np.random.Generator, width: int, height: int) -> None:
    parts, classes = patches(random, width, height, len(CITYSCAPES), 12)
    ids = np.array(CITYSCAPES, np.uint8)[classes][parts]
    ids[-height // 16 :] = 1  # the ego vehicle, which isn't evaluated
    cities = CITIES[split]
    city = cities[index % len(cities)]
    name = f"{city}_{index:06d}_000019"
    save(picture(random, classes[parts]), root / "leftImg8bit" / split / city / f"{name}_leftImg8bit.png")
    truth = root / "gtFine" / split / city
    save(ids, truth / f"{name}_gtFine_labelIds.png")
    save(np.stack([ids] * 3, 2), truth / f"{name}_gtFine_color.png")
    save(ids.astype(np.uint16) * 1000, truth / f"{name}_gtFine_instanceIds.png")
    if split == "train":
        for folder, share in SHARES.items():
            save(blocks(random, parts, ids, share), root / "train/sparse_label" / folder / f"{name}_leftImg8bit.png")


def ade20k(root: Path, split: str, index: int, random: np.random.Generator, width: int, height: int) -> None:
    # Pictures of the original differ in size, some stand, and a few have no colour.
    scale = random.uniform(0.7, 1.3)
    width, height = max(8, int(width * scale)), max(8, int(height * scale))
    if index % 3 == 1:
        width, height = height, width
    parts, classes = patches(random, width, height, 150, 12)
    labels = (classes + 1).astype(np.uint8)[parts]
    labels[: height // 16] = 0  # unlabelled
    part = {"train": "training", "val": "validation"}[split]
    name = f"ADE_{split}_{index + 1:08d}"
    image = picture(random, classes[parts])
    save(image.convert("L") if index % 5 == 4 else image, root / "images" / part / f"{name}.jpg", quality=95)
    save(labels, root / "annotations" / part / f"{name}.png")
    if split == "train":
        for folder, share in SHARES.items():
            save(blocks(random, parts, labels, share), root / "train/sparse_label" / folder / f"{name}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what DATA_ROOT is to be; gets cityscapes and ade20k")
    parser.add_argument("--only", choices=["cityscapes", "ade20k"])
    parser.add_argument("--train", type=int, default=8, help="training images of each")
    parser.add_argument("--val", type=int, default=4, help="validation images of each")
    parser.add_argument("--cityscapes-size", default="256x128", help="WIDTHxHEIGHT (default: %(default)s)")
    parser.add_argument("--ade20k-size", default="96x72", help="WIDTHxHEIGHT, about (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for name, write, size in [
        ("cityscapes", cityscapes, options.cityscapes_size), ("ade20k", ade20k, options.ade20k_size),
    ]:
        if options.only not in (None, name):
            continue
        root = options.folder / name
        if root.exists():
            sys.exit(f"{root} is there already; nothing was written")
        width, height = map(int, size.split("x"))
        for number, (split, count) in enumerate([("train", options.train), ("val", options.val)]):
            for index in range(count):
                write(root, split, index, np.random.default_rng([options.seed, number, index]), width, height)
        print(f"{root}: {options.train} training and {options.val} validation images")


if __name__ == "__main__":
    main()
