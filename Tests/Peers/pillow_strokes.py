"""Compares the pixels of tel's scribbles and clicks with Pillow's, on random ones inside, at the edges and in the corners of
small images. Needs a built tel, numpy, h5py and Pillow; exits with 1 if a pixel differs."""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import zipfile

import h5py
import numpy as np
import PIL
from PIL import Image, ImageDraw

from write_voc_miniature import NAMES, scribbles

DUMP = """
local data = tel.data.voc2012{root = arg[1], split = "train", annotation = arg[2]}
local out = tel.hdf5.open(arg[3], "w")
for i = 1, data:count() do
  local sample = data:sample(i)
  out:write("/" .. sample.name, sample.labels)
end
out:close()
"""


def coordinate(random, side):
    """Anywhere, a border, or just beyond one."""
    choice = random.random()
    if choice < 0.5:
        return random.randrange(side)
    if choice < 0.9:
        return random.choice([0, 1, 2, 3, side - 4, side - 3, side - 2, side - 1]) % side
    return random.choice([-40, -3, -2, -1, side, side + 1, side + 2, side + 40])


def drawn(size, strokes):
    """Labels by Pillow, -1 where nothing was drawn; each stroke (class, points): lines of width 3, then discs."""
    image = Image.new("L", size, 255)
    draw = ImageDraw.Draw(image)
    for kind, points in strokes:
        if len(points) > 1:
            draw.line(points, fill=kind, width=3, joint="curve")
        for x, y in points:
            draw.ellipse((x - 1.5, y - 1.5, x + 1.5, y + 1.5), fill=kind)
    labels = np.asarray(image).astype(np.int32)
    return np.where(labels == 255, -1, labels)


def write(root, cases):
    """A training list of images with these strokes; every image is grey. `cases`: name -> size, strokes, clicks."""
    devkit = root / "VOC/VOCdevkit/VOC2012"
    lists = devkit / "ImageSets/Segmentation"
    for folder in (devkit / "JPEGImages", lists, root / "SBD"):
        folder.mkdir(parents=True)
    for empty in (lists / "val.txt", root / "SBD/train.txt", root / "SBD/val.txt"):
        empty.write_text("")
    (lists / "train.txt").write_text("".join(f"{name}\n" for name in cases))
    foreground, background = {}, {}
    with zipfile.ZipFile(root / "voc_scribbles.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (size, strokes, clicks) in cases.items():
            Image.new("L", size, 90).save(devkit / f"JPEGImages/{name}.jpg")
            archive.writestr(f"{name}.xml", scribbles(*size, strokes))
            half = len(clicks) // 2
            foreground[name] = [{"cls": kind, "x": x, "y": y} for kind, [(x, y)] in clicks[:half]]
            background[name] = [{"cls": kind, "x": x, "y": y} for kind, [(x, y)] in clicks[half:]]
    (root / "voc_whats_the_point.json").write_text(json.dumps(foreground))
    (root / "voc_whats_the_point_bg_from_scribbles.json").write_text(json.dumps(background))


def differing(tel, root, cases, annotation):
    """How many pixels of how many images differ, after printing the first image that does."""
    script, out = root / "dump.lua", root / f"{annotation}.h5"
    script.write_text(DUMP)
    subprocess.run([tel, "run", script, root, annotation, out], check=True, cwd=root, stdout=subprocess.DEVNULL)
    pixels = images = 0
    with h5py.File(out) as file:
        for name, (size, strokes, clicks) in cases.items():
            expected = drawn(size, strokes if annotation == "scribble" else clicks)
            wrong = int((file[name][:] != expected).sum())
            if wrong and not images:
                print(f"{name}, {size}: {strokes if annotation == 'scribble' else clicks}", file=sys.stderr)
            pixels, images = pixels + wrong, images + (wrong > 0)
    return pixels, images


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    default = pathlib.Path(__file__).resolve().parents[2] / ".build/release/tel"
    parser.add_argument("--tel", default=default, help="the program (default: the one built here)")
    parser.add_argument("--count", type=int, default=5000, help="images, each with scribbles and clicks of its own")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    source = random.Random(options.seed)
    cases = {}
    for index in range(options.count):
        size = (source.randrange(1, 64), source.randrange(1, 48))
        def stroke(length):
            points = [tuple(coordinate(source, side) for side in size) for _ in range(length)]
            if length > 1 and source.random() < 0.1:
                points[1] = points[0]
            return source.randrange(len(NAMES)), points
        strokes = [stroke(source.randrange(1, 7)) for _ in range(source.randrange(1, 5))]
        cases[f"image{index:06}"] = (size, strokes, [stroke(1) for _ in range(source.randrange(1, 9))])
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        write(root, cases)
        for annotation in ("scribble", "point"):
            pixels, images = differing(options.tel, root, cases, annotation)
            failed = failed or pixels > 0
            print(f"{annotation}: {pixels} pixels differ from Pillow {PIL.__version__}, in {images} of {len(cases)} images")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
