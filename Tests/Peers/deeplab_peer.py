"""DeepLabV3+ with a ResNet-101 (Chen et al. 2018) in PyTorch, with the heads that tel gives it: what tel's is measured beside."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def conv_norm(
    inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1, relu: bool = True
) -> nn.Sequential:
    padding = dilation * (kernel // 2)
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if relu else []))


def resized(x: Tensor, size: torch.Size) -> Tensor:
    return F.interpolate(x, size=size, mode="bilinear", align_corners=True)


class Bottleneck(nn.Module):
    def __init__(self, inputs: int, planes: int, stride: int, dilation: int) -> None:
        super().__init__()
        outputs = 4 * planes
        self.layers = nn.Sequential(
            conv_norm(inputs, planes, 1),
            conv_norm(planes, planes, 3, stride, dilation),
            conv_norm(planes, outputs, 1, relu=False),
        )
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else conv_norm(inputs, outputs, 1, stride, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.layers(x) + self.shortcut(x))


class DeepLab(nn.Module):
    """Logits at the images' size, at output stride 16; in training the embedding is computed as well, as tel's network does."""

    def __init__(self, classes: int = 19) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            conv_norm(3, 64, 3, 2), conv_norm(64, 64, 3), conv_norm(64, 128, 3), nn.MaxPool2d(3, 2, 1)
        )
        channels, layers = 128, []
        for planes, blocks, stride in [(64, 3, 1), (128, 4, 2), (256, 23, 2), (512, 3, 1)]:
            layer = []
            for block in range(blocks):
                dilation = 2 if planes == 512 and block > 0 else 1
                layer.append(Bottleneck(channels, planes, stride if block == 0 else 1, dilation))
                channels = 4 * planes
            layers.append(nn.Sequential(*layer))
        self.layers = nn.ModuleList(layers)
        self.pyramid = nn.ModuleList(
            [conv_norm(2048, 256, 1)] + [conv_norm(2048, 256, 3, dilation=d) for d in (12, 24, 36)]
        )
        self.pooled = conv_norm(2048, 256, 1)
        self.projection = conv_norm(1280, 256, 3)
        self.skip = conv_norm(256, 48, 1)
        self.decoder = conv_norm(304, 256, 3)
        self.head = nn.Sequential(conv_norm(256, 256, 3), nn.Dropout(0.1), nn.Conv2d(256, classes, 1))
        self.embedding = conv_norm(256, 256, 1)

    def forward(self, images: Tensor) -> Tensor:
        x = self.stem(images)
        maps = []
        for layer in self.layers:
            x = layer(x)
            maps.append(x)
        pooled = resized(self.pooled(F.adaptive_avg_pool2d(x, 1)), x.shape[2:])
        context = self.projection(torch.cat([branch(x) for branch in self.pyramid] + [pooled], 1))
        detail = self.skip(maps[0])
        feature = self.decoder(torch.cat([resized(context, detail.shape[2:]), detail], 1))
        if self.training:
            self.embedding(feature)
        return resized(self.head(feature), images.shape[2:])
