"""EfficientNet-Lite in PyTorch: the frozen vision encoder of pocket, and its preprocessing."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

IMAGE_SIZE = 224
MEAN = [127.0 / 255.0] * 3
STD = [128.0 / 255.0] * 3
BATCH_NORM_EPSILON = 1e-3
# repeats, kernel, stride, expansion, output channels of the width-1.0 network.
STAGES = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]
SCALES = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}


def round_channels(channels: int, width: float) -> int:
    """Scale a channel count and round it to a multiple of 8, never losing more than a tenth."""
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


class SameConv(nn.Conv2d):
    """Convolution with TensorFlow's SAME padding: the odd row or column goes to the bottom or right."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pads = []
        for size, kernel, stride in zip(reversed(x.shape[-2:]), reversed(self.kernel_size), reversed(self.stride)):
            total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return F.conv2d(F.pad(x, pads), self.weight, self.bias, self.stride, 0, 1, self.groups)


def norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=BATCH_NORM_EPSILON)


class Block(nn.Module):
    """Inverted residual with ReLU6, without squeeze-and-excitation."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        middle = inputs * expansion
        if expansion != 1:
            self._expand_conv = SameConv(inputs, middle, 1, bias=False)
            self._bn0 = norm(middle)
        self._depthwise_conv = SameConv(middle, middle, kernel, stride, groups=middle, bias=False)
        self._bn1 = norm(middle)
        self._project_conv = SameConv(middle, outputs, 1, bias=False)
        self._bn2 = norm(outputs)
        self.expands = expansion != 1
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.residual else y


class EfficientNetLite(nn.Module):
    """`forward` gives the final feature map [B, 1280, 7, 7]; `classify` the 1000 logits of a pooled feature,
    followed by those of the words of `extend`."""

    def __init__(self, variant: str):
        super().__init__()
        width, depth = SCALES[variant]
        self._conv_stem = SameConv(3, 32, 3, 2, bias=False)
        self._bn0 = norm(32)
        blocks, channels = [], 32
        for index, (repeats, kernel, stride, expansion, outputs) in enumerate(STAGES):
            outputs = round_channels(outputs, width)
            # The lite family scales the depth of the inner stages only, and never the stem and head.
            if 0 < index < len(STAGES) - 1:
                repeats = math.ceil(depth * repeats)
            for repeat in range(repeats):
                blocks.append(Block(channels, outputs, kernel, stride if repeat == 0 else 1, expansion))
                channels = outputs
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = SameConv(channels, 1280, 1, bias=False)
        self._bn1 = norm(1280)
        self._fc = nn.Linear(1280, 1000)
        self.words: tuple[torch.Tensor, torch.Tensor] | None = None

    @classmethod
    def load(cls, variant: str, path: str | Path) -> EfficientNetLite:
        model = cls(variant)
        model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        return model.eval().requires_grad_(False)

    @classmethod
    def of_model(cls, folder: Path) -> EfficientNetLite:
        """The encoder of a model directory, with the words it was taught."""
        return cls.load("lite2", folder / "efficientnet-lite.pth").extend(folder / "words.safetensors")

    def last(self, pixels: torch.Tensor) -> torch.Tensor:
        """The map before the head's convolution."""
        x = F.relu6(self._bn0(self._conv_stem(pixels)))
        for block in self._blocks:
            x = block(x)
        return x

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return F.relu6(self._bn1(self._conv_head(self.last(pixels))))

    def classify(self, pooled: torch.Tensor) -> torch.Tensor:
        logits = self._fc(pooled)
        if self.words is None:
            return logits
        weight, bias = self.words
        return torch.cat([logits, pooled @ weight.T + bias], -1)

    def extend(self, path: Path) -> EfficientNetLite:
        """Append the rows of `words.safetensors`, further words that the classifier lacks."""
        tensors = load_file(path)
        self.words = tensors["weight"].float(), tensors["bias"].float()
        return self


def load_image(path: str | Path) -> Image.Image:
    """Read an image upright (EXIF turned) as RGB."""
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def preprocess(image: Image.Image, size: int = IMAGE_SIZE, mode: str = "squash") -> torch.Tensor:
    """Resize the whole image with Pillow's antialiased bilinear filter and normalise; [3, size, size] F32."""
    if mode == "crop":
        edge = min(image.size)
        left, top = (image.width - edge) // 2, (image.height - edge) // 2
        image = image.crop((left, top, left + edge, top + edge))
    resized = image.resize((size, size), Image.Resampling.BILINEAR)
    array = np.asarray(resized, dtype=np.float32) / 255.0
    array = (array - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    return torch.from_numpy(array).permute(2, 0, 1).contiguous()
