"""Building blocks with a native implementation and one for the Linux CPU.

Parameters have MLX's layouts and the checkpoint's names. A model is built, loaded, and then told once, by
`prepare`, which backend to use; layers then derive the weight layouts that it needs. Activations are [B, T, C]
throughout.

On the Linux CPU MLX has no fast path for dilated or transposed convolution. There, both become sums of shifted
matrix products: rows of the input are read in place and products accumulate in the output, so bias and residual
are free as its initial value.
"""

from __future__ import annotations

import mlx.core as mx
from mlx import nn

from dora_mlx_tts.models.core.ops import NativeOps, Ops, ops_for
from dora_mlx_tts.models.core.stored_matmul import Product
from dora_mlx_tts.packs.stored import Stored
from dora_mlx_tts.runtime.device import Backend


class Layer(nn.Module):
    """A module whose arithmetic depends on the backend."""

    def __init__(self) -> None:
        super().__init__()
        self._ops: Ops = NativeOps()

    def prepare(self, ops: Ops) -> None:
        """Switch to `ops`; layers with special layouts derive them here, once."""
        self._ops = ops


def prepare(model: nn.Module, backend: Backend) -> None:
    """Set the backend of every layer of a loaded model, and evaluate its weights.

    Call it once, after loading: the CPU backend replaces the weights of convolutions with its own layout.
    """
    ops = ops_for(backend)
    if backend is not Backend.CPU:  # files have another order, which kernels would copy each time
        model.apply(lambda weight: mx.contiguous(weight) if weight.ndim > 2 else weight)  # noqa: PLR2004
    for _, module in model.named_modules():
        if isinstance(module, Layer):
            module.prepare(ops)
    mx.eval(model.parameters())


class Linear(Layer):
    """Affine map of the last axis; `weight` [O, I], `bias` [O]."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool = True) -> None:
        super().__init__()
        self.weight = mx.zeros((outputs, inputs))
        if bias:
            self.bias = mx.zeros((outputs,))
        self._kept: Stored | None = None
        self._product: Product | None = None

    def keep(self, name: str, weight: Stored) -> bool:
        """Keep the matrix in stored form; products widen it (`models/core/stored_matmul.py`).

        That saves loading time and most of the memory, and costs little when many rows are multiplied.
        """
        if name != "weight":
            return False
        self.pop("weight")
        self._kept = weight
        return True

    def prepare(self, ops: Ops) -> None:
        """Convert a kept matrix to the form that suits the device."""
        super().prepare(ops)
        self._product = ops.product(self._kept) if self._kept is not None else None

    @property
    def dtype(self) -> mx.Dtype:
        """The type it computes in, if not that of its input."""
        return mx.float32 if self._kept is not None else self.weight.dtype

    @property
    def matrix(self) -> mx.array | Stored:
        """The weight [O, I], in the form that is kept."""
        return self.weight if self._kept is None else self._kept

    def __call__(self, x: mx.array) -> mx.array:
        """[..., I] to [..., O]."""
        if self._product is not None:
            return self._product(x, self.get("bias"))
        if "bias" in self:
            return mx.addmm(self.bias, x, self.weight.T)
        return x @ self.weight.T


class LayerNorm(Layer):
    """Layer normalization over channels; `weight` and `bias` [C]."""

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = mx.ones((channels,))
        self.bias = mx.zeros((channels,))
        self.eps = eps

    def __call__(self, x: mx.array) -> mx.array:
        """[..., C] to [..., C]."""
        return self._ops.layer_norm(x, self.weight, self.bias, self.eps)


class Conv1d(Layer):
    """Convolution over time; `weight` [O, k, I / groups], `bias` [O].

    Args:
        inputs: input channels.
        outputs: output channels.
        kernel: taps.
        stride: step between outputs.
        padding: zeros on each side; None keeps the length, for odd kernels.
        dilation: distance between taps.
        groups: channel groups.
        bias: whether it has a bias.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: int | None = None,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.weight = mx.zeros((outputs, kernel, inputs // groups))
        if bias:
            self.bias = mx.zeros((outputs,))
        self.kernel, self.stride, self.dilation, self.groups = kernel, stride, dilation, groups
        self.padding = (kernel - 1) // 2 * dilation if padding is None else padding
        self._taps: list[mx.array] | None = None
        self._matrix: mx.array | None = None

    def prepare(self, ops: Ops) -> None:
        """On the CPU, convert the weight to k matrices [(groups,) I, O], or to a single one for strides.

        For `CUDA_MATMUL` a view of it as one matrix [(groups,) k * I, O] is made once, which saves operations
        later.
        """
        super().prepare(ops)
        if ops.backend is Backend.CUDA_MATMUL:
            outputs = self.weight.shape[0]
            grouped = (self.groups, outputs // self.groups) if self.groups > 1 else (outputs,)
            self._matrix = self.weight.reshape(*grouped, -1).swapaxes(-2, -1)
            mx.eval(self._matrix)
        if ops.backend is not Backend.CPU:
            return
        weight = self.pop("weight")
        outputs, kernel, inputs = weight.shape
        if self.groups > 1:
            weight = weight.reshape(self.groups, outputs // self.groups, kernel, inputs)
            taps = weight.transpose(2, 0, 3, 1)
        elif self.stride > 1:
            taps = weight.transpose(1, 2, 0).reshape(1, kernel * inputs, outputs)
        else:
            taps = weight.transpose(1, 2, 0)
        self._taps = list(mx.contiguous(taps))  # views, without a copy if the file had that order
        mx.eval(self._taps)

    def __call__(self, x: mx.array, residual: mx.array | None = None) -> mx.array:
        """Convolve [B, T, I] to [B, T', O], plus `residual`, which broadcasts to the result."""
        if self._taps is None:
            return self._native(x, residual, self.padding)
        padded = self._padded(x)
        if self.groups > 1:
            y = self._grouped(padded, self._taps)
        elif self.stride > 1:
            y = self._strided(padded, self._taps[0])
        else:
            return self._shifted(padded, self._taps, residual)
        y = y + self.bias if "bias" in self else y
        return y if residual is None else y + residual

    @property
    def taps(self) -> list[mx.array]:
        """The weight on the CPU: a matrix [I, O] per tap, without groups or strides."""
        return self._taps or []

    @property
    def reach(self) -> int:
        """Input frames before the first and after the last that an output frame depends on."""
        return (self.kernel - 1) * self.dilation

    def valid(self, x: mx.array, residual: mx.array | None = None) -> mx.array:
        """Convolve without padding, stride or groups: [B, T, I] to [B, T - reach, O]."""
        if self._taps is None:
            return self._native(x, residual, 0)
        return self._shifted(x, self._taps, residual)

    def _native(self, x: mx.array, residual: mx.array | None, padding: int) -> mx.array:
        if self._matrix is not None:
            unfolded = self._unfolded if self.groups == 1 else self._unfolded_groups
            y = unfolded(x, padding, self._matrix)
        else:
            y = mx.conv1d(x, self.weight, self.stride, padding, self.dilation, self.groups)
            y = y + self.bias if "bias" in self else y
        return y if residual is None else y + residual

    def _unfolded(self, x: mx.array, padding: int, matrix: mx.array) -> mx.array:
        """One product with the frames that each output depends on, concatenated."""
        if padding:
            x = mx.pad(x, [(0, 0), (padding, padding), (0, 0)])
        batch, length, channels = x.shape
        frames = (length - self.reach - 1) // self.stride + 1
        rows = x
        if self.kernel > 1 or self.stride > 1:
            steps = (length * channels, self.stride * channels, self.dilation * channels, 1)
            rows = mx.as_strided(x, (batch, frames, self.kernel, channels), steps)
        rows = rows.reshape(batch * frames, -1)  # a product would do the same with more operations
        y = mx.addmm(self.bias, rows, matrix) if "bias" in self else rows @ matrix
        return mx.unflatten(y, 0, (batch, frames))

    def _unfolded_groups(self, x: mx.array, padding: int, matrix: mx.array) -> mx.array:
        """One batched product, a matrix per group, with the frames that each output depends on."""
        batch, _, channels = x.shape
        inputs = channels // self.groups
        x = mx.pad(x, [(0, 0), (padding, padding), (0, 0)]) if padding else x
        length = x.shape[1]
        split = x.reshape(batch, length, self.groups, inputs).swapaxes(1, 2)
        frames = (length - self.reach - 1) // self.stride + 1
        steps = (
            length * channels,
            length * inputs,
            self.stride * inputs,
            self.dilation * inputs,
            1,
        )
        shape = (batch, self.groups, frames, self.kernel, inputs)
        windows = mx.as_strided(split, shape, steps)
        windows = windows.reshape(batch, self.groups, frames, self.kernel * inputs)
        y = (windows @ matrix).swapaxes(1, 2).reshape(batch, frames, -1)
        return y + self.bias if "bias" in self else y

    def _padded(self, x: mx.array) -> mx.array:
        return mx.pad(x, [(0, 0), (self.padding, self.padding), (0, 0)]) if self.padding else x

    def _shifted(
        self, padded: mx.array, taps: list[mx.array], residual: mx.array | None
    ) -> mx.array:
        batch = padded.shape[0]
        length = padded.shape[1] - self.reach
        start = self.bias if "bias" in self else None
        if residual is not None:
            start = residual if start is None else residual + start
        if batch == 1:  # two dimensions avoid the batch loop
            padded = padded[0]
            start = start[0] if start is not None and start.ndim > 1 else start
        rows = padded[..., :length, :]
        y = rows @ taps[0] if start is None else mx.addmm(start, rows, taps[0])
        for i in range(1, self.kernel):
            rows = padded[..., i * self.dilation : i * self.dilation + length, :]
            y = mx.addmm(y, rows, taps[i])
        return y[None] if batch == 1 else y

    def _strided(self, padded: mx.array, taps: mx.array) -> mx.array:
        padded = mx.contiguous(padded)
        batch, length, channels = padded.shape
        frames = (length - self.kernel) // self.stride + 1
        window = mx.as_strided(
            padded,
            (batch, frames, self.kernel * channels),
            (length * channels, self.stride * channels, 1),
        )
        return window @ taps

    def _grouped(self, padded: mx.array, taps: list[mx.array]) -> mx.array:
        batch, length, channels = padded.shape
        frames = length - (self.kernel - 1) * self.dilation
        split = padded.reshape(batch, length, self.groups, channels // self.groups)
        split = mx.contiguous(split.swapaxes(1, 2))
        y = split[:, :, :frames] @ taps[0]
        for i in range(1, self.kernel):
            at = i * self.dilation
            y = mx.addmm(y, split[:, :, at : at + frames], taps[i])
        return y.swapaxes(1, 2).reshape(batch, frames, -1)


class ConvTranspose1d(Layer):
    """Transposed convolution; `weight` [O, k, I] (from the checkpoint's [I, O, k]), `bias` [O].

    On the CPU and with `CUDA_MATMUL`, each output block of `stride` frames is a sum of ceil(k / stride) matrix
    products with shifted input frames (polyphase form).
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, padding: int) -> None:
        super().__init__()
        self.weight = mx.zeros((outputs, kernel, inputs))
        self.bias = mx.zeros((outputs,))
        self.kernel, self.stride, self.padding = kernel, stride, padding
        self._phases: list[mx.array] | None = None

    def prepare(self, ops: Ops) -> None:
        """For matrix products, cut the weight into blocks [I, stride * O], one per overlapping frame."""
        super().prepare(ops)
        if ops.backend is Backend.NATIVE:
            return
        weight = self.pop("weight").transpose(1, 2, 0)
        blocks = -(-self.kernel // self.stride)
        weight = mx.pad(weight, [(0, blocks * self.stride - self.kernel), (0, 0), (0, 0)])
        _, inputs, outputs = weight.shape
        weight = weight.reshape(blocks, self.stride, inputs, outputs).swapaxes(1, 2)
        weight = mx.contiguous(weight.reshape(blocks, inputs, self.stride * outputs))
        self._phases = [mx.contiguous(weight[j]) for j in range(blocks)]
        self._tiled_bias = mx.tile(self.bias, self.stride)
        mx.eval(self._phases, self._tiled_bias)

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, I] to [B, (T - 1) * stride + k - 2 * padding, O]."""
        if self._phases is None:
            return mx.conv_transpose1d(x, self.weight, self.stride, self.padding) + self.bias
        blocks, length = len(self._phases), x.shape[1]
        padded = mx.pad(x, [(0, 0), (blocks - 1, blocks - 1), (0, 0)])
        y = self._phased(padded, self._phases)
        end = (length - 1) * self.stride + self.kernel - self.padding
        return y[:, self.padding : end]

    @property
    def phases(self) -> list[mx.array]:
        """The weight on the CPU: matrices [I, stride * O] for `stride` taps each, padded with zeros."""
        return self._phases or []

    @property
    def reach(self) -> int:
        """Number of input frames before a frame that its block of outputs depends on."""
        return -(-self.kernel // self.stride) - 1

    def valid(self, x: mx.array) -> mx.array:
        """[B, reach + n, I] to the n * stride outputs [B, n * stride, O] that need no other frames."""
        if self._phases is not None:
            return self._phased(x, self._phases)
        y = mx.conv_transpose1d(x, self.weight, self.stride) + self.bias
        return y[:, self.reach * self.stride : x.shape[1] * self.stride]

    def _phased(self, x: mx.array, phases: list[mx.array]) -> mx.array:
        reach = len(phases) - 1
        frames = x.shape[1] - reach
        y = self._tiled_bias
        for j, phase in enumerate(phases):
            y = mx.addmm(y, x[:, reach - j : reach - j + frames], phase)
        return y.reshape(x.shape[0], frames * self.stride, -1)
