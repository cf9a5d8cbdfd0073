"""Writes a miniature of PASCAL VOC 2012 with SBD, scribbles and clicks, in the layout that tel.data.voc2012 reads.

Images are drawn: a few objects before a background, scribbles and clicks on them. Without options it writes the miniature that
the tests read, Tests/Files/voc. Needs numpy, scipy and Pillow.
"""

import argparse
import json
import pathlib
import random
import zipfile

import numpy as np
import scipy.io
import scipy.sparse
from PIL import Image, ImageDraw

NAMES = (
    "background plane bike bird boat bottle bus car cat chair cow table dog horse motorbike person plant sheep sofa train monitor"
).split()


def palette():
    """The colour map of VOC: bits of the index, three at a time, are the high bits of red, green and blue."""
    colours = []
    for index in range(256):
        channels = [0, 0, 0]
        for bit in range(8):
            for channel in range(3):
                channels[channel] |= (index >> (3 * bit + channel) & 1) << (7 - bit)
        colours += channels
    return colours


def scene(random, width, height, objects):
    """An image, its dense labels, and strokes [(class, [(x, y), …]), …] of which the last is on the background."""
    image = Image.new("RGB", (width, height), tuple(random.randrange(60, 120) for _ in range(3)))
    labels = Image.new("P", (width, height), 0)
    draw, mark = ImageDraw.Draw(image), ImageDraw.Draw(labels)
    strokes = []
    for _ in range(objects):
        kind = random.randrange(1, len(NAMES))
        w, h = random.randrange(width // 4, width // 2), random.randrange(height // 4, height // 2)
        x, y = random.randrange(1, width - w - 1), random.randrange(1, height - h - 1)
        colour = tuple(255 - 2 * value for value in palette()[3 * kind : 3 * kind + 3])
        draw.ellipse((x, y, x + w, y + h), fill=tuple(abs(value) for value in colour))
        mark.ellipse((x - 1, y - 1, x + w + 1, y + h + 1), fill=255)
        mark.ellipse((x, y, x + w, y + h), fill=kind)
        inside = [(random.randrange(x + w // 3, x + 2 * w // 3 + 1), random.randrange(y + h // 3, y + 2 * h // 3 + 1))
                  for _ in range(random.randrange(1, 5))]
        strokes.append((kind, inside))
    strokes.append((0, [(0, 0), (width - 1, random.randrange(height // 8 + 1)), (width - 1, height - 1)]))
    labels.putpalette(palette())
    return image, labels, strokes


def scribbles(width, height, strokes):
    """The XML of an image's scribbles."""
    lines = ["<annotation>", f"<size><width>{width}</width><height>{height}</height><depth>3</depth></size>"]
    for kind, points in strokes:
        lines.append(f"<polygon><tag>{NAMES[kind]}</tag>")
        lines += [f"<point><X>{x}</X><Y>{y}</Y></point>" for x, y in points]
        lines.append("</polygon>")
    return "\n".join(lines + ["</annotation>", ""])


def boundaries(labels):
    """A sparse matrix per class, as SBD has them beside its segmentation."""
    cells = np.empty((20, 1), dtype=object)
    for kind in range(20):
        cells[kind, 0] = scipy.sparse.csc_matrix((labels == kind + 1).astype(bool))
    return cells


def write(root, random, counts, width, height, objects):
    devkit, sbd = root / "VOC/VOCdevkit/VOC2012", root / "SBD"
    lists = devkit / "ImageSets/Segmentation"
    for folder in (devkit / "JPEGImages", devkit / "SegmentationClass", lists, sbd / "img", sbd / "cls"):
        folder.mkdir(parents=True, exist_ok=True)
    names = {key: [f"2007_{start + 1 + i:06}" for i in range(counts[key])] for key, start in
             (("train", 0), ("val", 100000), ("sbd_train", 200000), ("sbd_val", 300000))}
    # SBD has images of VOC's lists, too: of training images VOC's files count, validation images are no training images.
    lists_of_sbd = {"train": names["sbd_train"] + names["val"][:1], "val": names["sbd_val"] + names["train"][:1]}
    (lists / "train.txt").write_text("".join(f"{name}\n" for name in names["train"]))
    (lists / "val.txt").write_text("".join(f"{name}\n" for name in names["val"]))
    for key, list_ in lists_of_sbd.items():
        (sbd / f"{key}.txt").write_text("".join(f"{name}\n" for name in list_))
    clicks, background = {}, {}
    with zipfile.ZipFile(root / "voc_scribbles.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sum(names.values(), []):
            size = (width, height) if random.random() < 0.5 else (height, width)
            image, labels, strokes = scene(random, *size, objects)
            if name in names["train"] + names["val"]:
                image.save(devkit / f"JPEGImages/{name}.jpg", quality=80)
                labels.save(devkit / f"SegmentationClass/{name}.png")
            if name in sum(lists_of_sbd.values(), []):
                image.save(sbd / f"img/{name}.jpg", quality=80)
                # The masks of SBD don't know void. Where VOC's count, these are of another class, so that tests tell them apart.
                dense = np.where(np.asarray(labels) == 255, 0, np.asarray(labels)).astype("uint8")
                if name in names["train"] + names["val"]:
                    dense[:] = 20
                present = np.unique(dense[dense > 0]).reshape(-1, 1)
                content = {"Boundaries": boundaries(dense), "Segmentation": dense, "CategoriesPresent": present}
                scipy.io.savemat(sbd / f"cls/{name}.mat", {"GTcls": content}, do_compression=True)
            # An entry without today's date, so that the file is the same every time.
            archive.writestr(zipfile.ZipInfo(f"{name}.xml"), scribbles(*size, strokes), zipfile.ZIP_DEFLATED)
            clicks[name] = [{"rank": rank, "x": points[0][0], "y": points[0][1], "cls": kind}
                            for rank, (kind, points) in enumerate(strokes[:-1])]
            background[name] = [{"cls": 0, "x": x, "y": y} for x, y in strokes[-1][1]]
    (root / "voc_whats_the_point.json").write_text(json.dumps(clicks))
    (root / "voc_whats_the_point_bg_from_scribbles.json").write_text(json.dumps(background))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = pathlib.Path(__file__).resolve().parent.parent / "Files" / "voc"
    parser.add_argument("root", nargs="?", type=pathlib.Path, default=default, help="the folder to write into")
    parser.add_argument("--train", type=int, default=2, help="images of VOC's training list (at least 1)")
    parser.add_argument("--val", type=int, default=2, help="images of VOC's validation list (at least 1)")
    parser.add_argument("--sbd-train", type=int, default=1, help="images of SBD's training list alone")
    parser.add_argument("--sbd-val", type=int, default=1, help="images of SBD's validation list alone")
    parser.add_argument("--width", type=int, default=40, help="of images; some are turned upright")
    parser.add_argument("--height", type=int, default=30)
    parser.add_argument("--objects", type=int, default=2, help="on each image")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    counts = {"train": options.train, "val": options.val, "sbd_train": options.sbd_train, "sbd_val": options.sbd_val}
    write(options.root, random.Random(options.seed), counts, options.width, options.height, options.objects)


if __name__ == "__main__":
    main()
