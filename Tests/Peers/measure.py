"""One measurement of one peer in a process of its own; prints a JSON object."""

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def peak_resident_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def timed(body: Callable[[], object], repeats: int) -> list[float]:
    """Seconds of `repeats` runs after two that don't count, as `tel bench` measures."""
    body()
    body()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        body()
        seconds.append(time.perf_counter() - start)
    return seconds


def pytorch_step(o: argparse.Namespace) -> list[float]:
    import torch
    from deeplab_peer import DeepLab
    from hrnet_peer import HRNet

    torch.set_num_threads(o.threads)
    torch.manual_seed(0)
    network = {"hrnet": HRNet, "deeplab": DeepLab}[o.network]().train()
    images = torch.randn(o.batch, 3, o.size, o.size)
    labels = torch.randint(0, 19, (o.batch, o.size, o.size))
    if o.format == "channels_last":
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), 1e-3, momentum=0.9, weight_decay=5e-4)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(network(images), labels).backward()
        optimizer.step()

    return timed(step, o.repeats)


def export(o: argparse.Namespace) -> None:
    import torch
    from hrnet_peer import HRNet

    images = torch.zeros(o.batch, 3, o.size, o.size)
    with torch.no_grad():
        torch.onnx.export(HRNet().eval(), (images,), o.path, input_names=["images"], opset_version=17, dynamo=False)


def forward(o: argparse.Namespace) -> list[float]:
    if o.peer == "pytorch":
        return pytorch_forward(o)
    import numpy as np

    images = np.random.default_rng(0).standard_normal((o.batch, 3, o.size, o.size), dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "hrnet.onnx")
        # In a process of its own: what PyTorch holds to write the file is none of these libraries' memory.
        shape = ["--size", str(o.size), "--batch", str(o.batch)]
        command = [sys.executable, __file__, "pytorch", "export", "--path", path, *shape]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return timed(runner(o, path, images), o.repeats)


def pytorch_forward(o: argparse.Namespace) -> list[float]:
    import torch
    from hrnet_peer import HRNet

    torch.set_num_threads(o.threads)
    network = HRNet().eval()
    images = torch.randn(o.batch, 3, o.size, o.size)
    with torch.no_grad():
        if o.format == "channels_last":
            network = network.to(memory_format=torch.channels_last)
            images = images.contiguous(memory_format=torch.channels_last)
        return timed(lambda: network(images), o.repeats)


def runner(o: argparse.Namespace, path: str, images) -> Callable[[], object]:
    if o.peer == "onnxruntime":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = o.threads
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return lambda: session.run(None, {"images": images})
    import openvino

    core = openvino.Core()
    # Its default on processors that have it is bfloat16, which the others don't compute in.
    settings = {"INFERENCE_NUM_THREADS": o.threads, "INFERENCE_PRECISION_HINT": "f32"}
    model = core.compile_model(core.read_model(path), "CPU", settings)
    return lambda: model([images])


def scipy_tree(o: argparse.Namespace) -> list[float]:
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import minimum_spanning_tree

    vertices = np.arange(o.height * o.width).reshape(o.height, o.width)
    ends = [(vertices[:-1], vertices[1:]), (vertices[:, :-1], vertices[:, 1:])]
    first, second = (np.concatenate([pair[i].ravel() for pair in ends]) for i in (0, 1))
    random = np.random.default_rng(0)

    def graph():
        weights = random.uniform(0, 1, len(first)).astype(np.float32) + 1
        return coo_matrix((weights, (first, second)), shape=(vertices.size, vertices.size)).tocsr()

    # Several images in turn, as `tel bench tree` does it.
    graphs = itertools.cycle([graph() for _ in range(8)])
    return timed(lambda: minimum_spanning_tree(next(graphs)), o.repeats)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=["pytorch", "onnxruntime", "openvino", "scipy"])
    parser.add_argument("work", choices=["step", "forward", "mst", "export"])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--network", choices=["hrnet", "deeplab"], default="hrnet", help="of pytorch's step")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--format", choices=["channels_last", "contiguous"], default="channels_last")
    parser.add_argument("--height", type=int, default=128)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--path", help="where export writes the network")
    o = parser.parse_args()
    works = {"step": pytorch_step, "forward": forward, "mst": scipy_tree}
    if (o.peer == "scipy") != (o.work == "mst") or (o.work == "step" and o.peer != "pytorch"):
        parser.error(f"{o.peer} doesn't do {o.work}: pytorch does step, all but scipy do forward, scipy does mst")
    if o.work == "export":
        if o.peer != "pytorch" or not o.path:
            parser.error("pytorch does export, and needs --path FILE.onnx")
        return export(o)
    seconds = works[o.work](o)
    print(
        json.dumps(
            {
                "peer": o.peer, "work": o.work, "threads": o.threads, "seconds": seconds,
                "median": statistics.median(seconds), "peak_resident_bytes": peak_resident_bytes(),
            }
        )
    )


if __name__ == "__main__":
    main()
