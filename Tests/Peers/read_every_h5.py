"""Reads every HDF5 file of a folder of runs with h5py, all of each, and says what is in it."""

import pathlib
import sys

import h5py

count = 0
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.h5")):
    with h5py.File(path) as f:
        arrays = []
        f.visititems(lambda name, thing: arrays.append(thing) if isinstance(thing, h5py.Dataset) else None)
        size = sum(array[()].nbytes if hasattr(array[()], "nbytes") else len(array[()]) for array in arrays)
        print(f"{path}: {f.attrs.get('format')} version {f.attrs.get('version')}, {len(arrays)} arrays, {size} bytes")
        if "pseudo_labels" in f:
            assert f.attrs["format"] == "tel-pseudo-labels"
            images = []
            f["pseudo_labels"].visititems(lambda name, thing: images.append(thing) if isinstance(thing, h5py.Group) and "labels" in thing else None)
            for image in images:
                labels, confidence = image["labels"], image["confidence"]
                assert labels.shape == confidence.shape and labels.dtype == confidence.dtype == "uint8"
                if labels.size >= 1024:
                    assert labels.compression == "gzip" and labels.shuffle and labels.chunks
                if "top_labels" in image:
                    assert (image["top_labels"][0] == labels[()]).all() and (image["top_confidence"][0] == confidence[()]).all()
            print(f"  {len(images)} images, classes {list(f.attrs['class_names'])[:3]}…, {dict(f['provenance'].attrs)}")
    count += 1
assert count > 0, "no .h5 files there"
