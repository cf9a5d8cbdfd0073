"""HRNet-W48 (Wang et al. 2020) in PyTorch, with the heads that tel gives it: what tel's is measured beside."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1, relu: bool = True, bias: bool = False) -> nn.Module:
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=bias), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if relu else []))


def resized(x: Tensor, size: torch.Size) -> Tensor:
    return F.interpolate(x, size=size, mode="bilinear", align_corners=True)


class BasicBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = conv_norm(channels, channels, 3)
        self.second = conv_norm(channels, channels, 3, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.second(self.first(x)) + x)


class Bottleneck(nn.Module):
    def __init__(self, inputs: int, planes: int) -> None:
        super().__init__()
        outputs = 4 * planes
        self.layers = nn.Sequential(
            conv_norm(inputs, planes, 1), conv_norm(planes, planes, 3), conv_norm(planes, outputs, 1, relu=False)
        )
        self.shortcut = nn.Identity() if inputs == outputs else conv_norm(inputs, outputs, 1, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.layers(x) + self.shortcut(x))


class Exchange(nn.Module):
    """Blocks on every branch, then each branch's sum over all of them, brought to its size."""

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*(BasicBlock(c) for _ in range(4))) for c in channels)
        self.fuse = nn.ModuleList(
            nn.ModuleList(self.path(channels, source, target) for source in range(len(channels)))
            for target in range(len(channels))
        )

    @staticmethod
    def path(channels: list[int], source: int, target: int) -> nn.Module:
        if source == target:
            return nn.Identity()
        if source > target:
            return conv_norm(channels[source], channels[target], 1, relu=False)
        steps = target - source
        return nn.Sequential(
            *(
                conv_norm(
                    channels[source], channels[target if step == steps - 1 else source], 3, 2, relu=step < steps - 1
                )
                for step in range(steps)
            )
        )

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        maps = [branch(x) for branch, x in zip(self.branches, maps)]
        results = []
        for target, paths in enumerate(self.fuse):
            terms = [path(x) for path, x in zip(paths, maps)]
            size = maps[target].shape[2:]
            results.append(F.relu(sum(resized(t, size) if t.shape[2:] != size else t for t in terms)))
        return results


class HRNet(nn.Module):
    """Logits at the images' size; in training the embedding is computed as well, as tel's network does."""

    def __init__(self, classes: int = 19, width: int = 48) -> None:
        super().__init__()
        channels = [width, 2 * width, 4 * width, 8 * width]
        self.stem = nn.Sequential(
            conv_norm(3, 64, 3, 2), conv_norm(64, 64, 3, 2), Bottleneck(64, 64), *(Bottleneck(256, 64) for _ in range(3))
        )
        self.to_second = nn.ModuleList([conv_norm(256, channels[0], 3), conv_norm(256, channels[1], 3, 2)])
        self.second = Exchange(channels[:2])
        self.to_third = conv_norm(channels[1], channels[2], 3, 2)
        self.third = nn.Sequential(*(Exchange(channels[:3]) for _ in range(4)))
        self.to_fourth = conv_norm(channels[2], channels[3], 3, 2)
        self.fourth = nn.Sequential(*(Exchange(channels) for _ in range(3)))
        joined = sum(channels)
        self.head = nn.Sequential(
            conv_norm(joined, joined, 3, bias=True), nn.Dropout2d(0.1), nn.Conv2d(joined, classes, 1, bias=False)
        )
        self.embedding = conv_norm(joined, 256, 1)

    def forward(self, images: Tensor) -> Tensor:
        x = self.stem(images)
        maps = self.second([layer(x) for layer in self.to_second])
        maps = self.third(maps + [self.to_third(maps[1])])
        maps = self.fourth(maps + [self.to_fourth(maps[2])])
        size = maps[0].shape[2:]
        joined = torch.cat([maps[0]] + [resized(x, size) for x in maps[1:]], 1)
        if self.training:
            self.embedding(joined)
        return resized(self.head(joined), images.shape[2:])
