"""Runs every published recipe for two iterations with a validation and a test, at its own crop and batch.

    python3 Tests/Peers/published_rows.py DATA OUT [--tel .build/release/tel] [--only NAME…] [--batch NAME=N…]

DATA holds `cityscapes`, `ade20k` and `voc2012` in the layouts of their downloads: the real ones, or miniatures made by
`tel data scenes`, write_miniatures.py and write_voc_miniature.py. A recipe whose batch doesn't fit into memory is run
with the batch that the refusal names. Prints one row of a table per recipe: batch, seconds of the training run with its
validation, seconds of the test, peak resident memory. Needs nothing but Python.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

BASES = {"ade20k", "cityscapes", "voc2012", "voc2012_deeplabv3plus", "voc2012_ltf", "published", "quickstart"}


def run(command, log):
    """Runs `command`; returns its exit status, output, seconds and peak resident memory in GB."""
    start = time.time()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    log.write(f"$ {' '.join(command)}\n{output}\n")
    log.flush()
    return process.returncode, output, time.time() - start, usage.ru_maxrss / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("out")
    parser.add_argument("--tel", default=".build/release/tel")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--batch", nargs="*", default=[], help="NAME=N: another batch than the recipe's own")
    options = parser.parse_args()
    recipes = Path(__file__).resolve().parents[2] / "recipes"
    names = options.only or sorted(
        path.stem for path in recipes.glob("*.lua")
        if path.stem not in BASES and "return require" not in path.read_text()
        and any(path.stem.startswith(base) for base in ("ade20k", "cityscapes", "voc2012")))
    batches = dict(entry.split("=") for entry in options.batch)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    failed = False
    print("| recipe | batch | training and validation, s | test, s | peak, GB |\n|---|---|---|---|---|", flush=True)
    with open(out / "log.txt", "a") as log:
        for name in names:
            command = [
                options.tel, "run", str(recipes / f"{name}.lua"), "--data-root", options.data, "--out", str(out),
                "--set", "iterations=2", "--set", "model.pretrained=none"]
            batch = batches.get(name)
            status, output, seconds, peak = run(command + (["--set", f"batch={batch}"] if batch else []), log)
            fit = re.search(r"batch of (\d+)", output)
            if status != 0 and fit and not batch:
                batch = fit.group(1)
                status, output, seconds, peak = run(command + ["--set", f"batch={batch}"], log)
            if status != 0:
                print(f"| {name} | {batch or 'own'} | failed: {output.strip().splitlines()[-1]} | | |", flush=True)
                failed = True
                continue
            status, output, tested, test_peak = run(
                command + (["--set", f"batch={batch}"] if batch else []) + ["--phase", "test"], log)
            verdict = f"{tested:.0f}" if status == 0 else f"failed: {output.strip().splitlines()[-1]}"
            failed = failed or status != 0
            print(
                f"| {name} | {batch or 'own'} | {seconds:.0f} | {verdict} | {max(peak, test_peak):.1f} |", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
