"""Writes Tests/Files/torch: what torch.save makes of all kinds of tensors, and the same values as safetensors has them."""

import argparse
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn


def every_kind() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(1)
    base = torch.randn(6, 8, generator=generator)
    special = torch.tensor([0.0, -0.0, float("inf"), float("-inf"), float("nan"), 6e-8, 65504.0, 1e-40, 3.0])
    numbers = torch.arange(-3, 3)
    kinds = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]
    return {
        **{f"special.{kind}": special.to(getattr(torch, kind)) for kind in kinds[:4]},
        **{f"numbers.{kind}": numbers.to(getattr(torch, kind)) for kind in kinds},
        "view.whole": base,
        "view.rows": base[2:5],
        "view.columns": base[:, 1::3],
        "view.transposed": base.t(),
        "view.diagonal": base.diagonal(),
        "view.expanded": base[:, :1].expand(6, 5),
        "view.windows": base.flatten().unfold(0, 5, 3),
        "view.half": base.half()[1:, ::2],
        "channels_last": torch.randn(2, 3, 4, 5, generator=generator).to(memory_format=torch.channels_last),
        "empty": torch.zeros(0, 4),
        "empty.inside": torch.zeros(3, 0, 2),
        "scalar": torch.tensor(2.5),
        "counter": torch.tensor(2**40 + 1),
        "parameter": nn.Parameter(torch.randn(3, 2, generator=generator)),
        "frozen": nn.Parameter(torch.randn(2, generator=generator).to(torch.bfloat16), requires_grad=False),
        "ünïcode.木": torch.ones(1),
    }


def network() -> nn.Module:
    torch.manual_seed(2)
    block = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 1))
    block(torch.randn(2, 3, 8, 8))
    return nn.ModuleDict({"backbone": block, "head": nn.Linear(4, 3)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).resolve().parents[1] / "Files" / "torch"
    parser.add_argument("--dir", type=Path, default=default)
    folder = parser.parse_args().dir
    folder.mkdir(parents=True, exist_ok=True)
    state = network().state_dict()
    parallel = OrderedDict((f"module.{key}", value) for key, value in state.items())
    settings = {
        "performance": np.float64(0.75),
        "iters": np.int64(7),
        "best": np.bool_(True),
        "ids": {3},
        "raw": b"\x00\xff",
        "type": torch.float16,
        "device": torch.device("cuda", 1),
        "size": torch.Size([2, 3]),
        "huge": -(2**100),
        "pair": (1, None),
    }
    saved = {
        "kinds": (every_kind(), every_kind()),
        "bare": (state, state),
        "checkpoint": ({"config_dict": settings, "state_dict": parallel}, state),
        "model": ({"epoch": 3, "model": state}, state),
    }
    for name, (value, tensors) in saved.items():
        for zipped in [True, False]:
            for protocol in [2, 5]:
                path = folder / f"{name}_{'zip' if zipped else 'legacy'}_{protocol}.pth"
                torch.save(value, path, _use_new_zipfile_serialization=zipped, pickle_protocol=protocol)
        copies = {key: tensor.detach().clone().contiguous() for key, tensor in tensors.items()}
        save_file(copies, folder / f"{name}.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    main()
