"""Writes Tests/Files/pseudo_labels: two images and pseudo-labels of them as a short h5py script makes them, for tel to train from."""

import pathlib

import h5py
import numpy as np
from PIL import Image

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Files" / "pseudo_labels"
HEIGHT, WIDTH = 24, 32

(FOLDER / "images").mkdir(parents=True, exist_ok=True)
y, x = np.mgrid[:HEIGHT, :WIDTH]
with h5py.File(FOLDER / "h5py.h5", "w") as f:
    for number, kind in enumerate(["int64", "uint8"]):
        name = f"picture{number}"
        labels = ((x + 4 * number) // 8 % 3).astype(kind)
        colours = np.array([[200, 40, 40], [40, 200, 40], [40, 40, 200]], dtype="u1")
        Image.fromarray(colours[labels]).save(FOLDER / "images" / f"{name}.png")
        confidence = (1 - y / HEIGHT).astype("f4")
        if number == 1:
            confidence = (confidence * 255).astype("u1")
        labels[0, 0] = -1 if kind == "int64" else 255
        f.create_dataset(f"pseudo_labels/{name}/labels", data=labels, compression="gzip")
        f.create_dataset(f"pseudo_labels/{name}/confidence", data=confidence, compression="gzip")
    # Images beside them that are wrong in one way each.
    f["wrong/size/labels"] = np.zeros((HEIGHT, WIDTH + 1), dtype="i4")
    f["wrong/class/labels"] = np.full((HEIGHT, WIDTH), 7, dtype="i2")
    f["wrong/floats/labels"] = np.zeros((HEIGHT, WIDTH), dtype="f4")
    f["wrong/sure/labels"] = np.zeros((HEIGHT, WIDTH), dtype="u1")
    f["wrong/sure/confidence"] = np.zeros((HEIGHT, WIDTH), dtype="i4")
    f["wrong/nested/name/labels"] = np.full((HEIGHT, WIDTH), 2, dtype="i4")
