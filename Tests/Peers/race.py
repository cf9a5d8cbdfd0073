"""Runs tel and its peers in turn on this machine and prints how they compare. Only the ratios mean something."""

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
FORMATS = ["channels_last", "contiguous"]


@dataclass
class Work:
    """Something that both do: tel's arguments, and those of each peer."""

    ours: list[str]
    peers: dict[str, list[str]]
    seconds: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)


def step(size: int, batch: int, threads: int, ours: str = "hrnet_w48", peer: str = "hrnet") -> Work:
    shape = ["--network", peer, "--size", str(size), "--batch", str(batch), "--threads", str(threads)]
    ours = ["model", ours, "--size", f"{size}x{size}", "--batch", str(batch), "--threads", str(threads)]
    return Work(
        ours + ["--repeats", "4"],
        {f"pytorch {name}": ["pytorch", "step", "--format", name, "--repeats", "3"] + shape for name in FORMATS},
    )


def works() -> dict[str, Work]:
    forward = {f"pytorch {name}": ["pytorch", "forward", "--format", name] for name in FORMATS}
    forward |= {peer: [peer, "forward"] for peer in ["onnxruntime", "openvino"]}
    return {
        "step512": step(512, 1, 2),
        "step512-1thread": step(512, 1, 1),
        "step256": step(256, 2, 2),
        "deeplab512": step(512, 2, 2, "deeplabv3plus", "deeplab"),
        "forward512": Work(
            ["model", "hrnet_w48", "--forward", "--size", "512x512", "--threads", "2", "--repeats", "8"],
            {name: arguments + ["--repeats", "5"] for name, arguments in forward.items()},
        ),
        "mst": Work(
            ["tree", "--threads", "1", "--repeats", "31"], {"scipy": ["scipy", "mst", "--repeats", "31"]}
        ),
    }


def run(command: list[str]) -> dict:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def ours(tel: str, work: Work) -> tuple[list[float], int]:
    report = run([tel, "bench"] + work.ours + ["--json"])
    if "stages" in report:
        stage = next(s for s in report["stages"] if s["name"] == "minimum spanning tree")
        return stage["time"]["seconds"], report["peak_resident_bytes"]
    return report["seconds"], report["peak_resident_bytes"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tel", default=str(HERE.parents[1] / ".build/release/tel"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help="comma-separated: " + ", ".join(works()))
    parser.add_argument("--json", type=Path, help="where to write everything measured")
    options = parser.parse_args()
    if not Path(options.tel).exists():
        sys.exit(f"there is no {options.tel}: build it with `swift build -c release`, or say --tel PATH")
    chosen = works()
    for name in (options.only or "").split(",") if options.only else []:
        if name not in chosen:
            sys.exit(f"there is no work {name}; there are: {', '.join(chosen)}")
    if options.only:
        chosen = {name: chosen[name] for name in options.only.split(",")}
    print(f"{'work':16} {'tel':>10} {'fastest peer':>13}  {'which':22} {'ratio':>6} {'memory':>7}")
    for name, work in chosen.items():
        for _ in range(options.rounds):
            seconds, memory = ours(options.tel, work)
            work.seconds.setdefault("tel", []).extend(seconds)
            work.memory["tel"] = max(memory, work.memory.get("tel", 0))
            for peer, arguments in work.peers.items():
                report = run([sys.executable, str(HERE / "measure.py")] + arguments)
                work.seconds.setdefault(peer, []).extend(report["seconds"])
                work.memory[peer] = max(report["peak_resident_bytes"], work.memory.get(peer, 0))
        medians = {peer: statistics.median(values) for peer, values in work.seconds.items()}
        best = min(work.peers, key=lambda peer: medians[peer])
        ratio = medians[best] / medians["tel"]
        # A tree takes less memory than the interpreter that asks SciPy for it.
        memory = "" if name == "mst" else f"{work.memory['tel'] / work.memory[best]:6.2f}x"
        print(
            f"{name:16} {1e3 * medians['tel']:8.2f}ms {1e3 * medians[best]:11.2f}ms  {best:22} {ratio:5.2f}x {memory}",
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps({n: {"seconds": w.seconds, "memory": w.memory} for n, w in chosen.items()}))


if __name__ == "__main__":
    main()
