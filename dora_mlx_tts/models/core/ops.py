"""Element-wise operations and reductions for each backend.

All accept arrays of any shape and keep the shape.

On the Linux CPU MLX evaluates `exp` and everything built on it without SIMD, at 20 to 55 ns per element;
additions, multiplications and integer shifts run at memory speed. `CpuOps` therefore builds them from
those: exp by rounding, a degree-6 polynomial and a shift into the exponent. Both classes agree to a
few 1e-7 of the result's size, which a test checks.
"""

from __future__ import annotations

import math

import mlx.core as mx

from dora_mlx_tts.models.core import numpy_ops
from dora_mlx_tts.models.core.stored_matmul import Product, WidenedProduct, native_product
from dora_mlx_tts.packs.stored import Stored
from dora_mlx_tts.runtime.device import Backend, usable_cores

_EXP2 = (  # minimax polynomial of 2**f on [-0.5, 0.5], highest power first
    1.5403530393381609954e-4,
    1.3333558146428443423e-3,
    9.6181291076284771619e-3,
    5.5504108664821579953e-2,
    2.4022650695910071233e-1,
    6.9314718055994530942e-1,
    1.0,
)
_LOG2_E = 1.4426950408889634
_GELU_SLOPE, _GELU_CUBIC = 2.0 * math.sqrt(2.0 / math.pi), 0.044715
_LARGE = 1 << 16  # elements from which numpy gains more than the evaluation costs
_ROUND = 12582912.0  # 1.5 * 2**23: adding and subtracting it rounds a float32 to an integer


class NativeOps:
    """MLX's own kernels, best on Metal and CUDA."""

    backend = Backend.NATIVE

    def exp(self, x: mx.array) -> mx.array:
        """Natural exponential."""
        return mx.exp(x)

    def softmax(self, x: mx.array) -> mx.array:
        """Softmax over the last axis."""
        return mx.softmax(x, axis=-1)

    def sigmoid(self, x: mx.array) -> mx.array:
        """Logistic function."""
        return mx.sigmoid(x)

    def tanh(self, x: mx.array) -> mx.array:
        """Hyperbolic tangent."""
        return mx.tanh(x)

    def gate(self, a: mx.array, b: mx.array) -> mx.array:
        """`tanh(a) * sigmoid(b)`, the gate of WaveNet-like layers."""
        return mx.tanh(a) * mx.sigmoid(b)

    def use_two_cores(self) -> None:
        """Spread products of many rows over two cores, if that pays."""

    def gelu_tanh(self, x: mx.array) -> mx.array:
        """GELU, tanh form."""
        slope = x * (_GELU_SLOPE + (_GELU_SLOPE * _GELU_CUBIC) * mx.square(x))
        return x * mx.sigmoid(slope)  # (1 + tanh u) / 2 = sigmoid(2 u)

    def gelu(self, x: mx.array) -> mx.array:
        """GELU, exact form with erf."""
        return x * (1 + mx.erf(x * 0.7071067811865476)) * 0.5

    def mish(self, x: mx.array) -> mx.array:
        """`x * tanh(softplus(x))`."""
        return x * mx.tanh(mx.logaddexp(x, 0.0))

    def layer_norm(self, x: mx.array, weight: mx.array, bias: mx.array, eps: float) -> mx.array:
        """Layer normalization over the last axis."""
        return mx.fast.layer_norm(x, weight, bias, eps)

    def product(self, matrix: Stored) -> Product:
        """The product with a stored matrix [O, I]."""
        return native_product(matrix)


class ProductOps(NativeOps):
    """The same operations; layers check `backend` to decide how to convolve and attend."""

    backend = Backend.CUDA_MATMUL


class CpuOps(NativeOps):
    """The same functions from operations that the Linux CPU backend vectorizes."""

    backend = Backend.CPU

    def __init__(self) -> None:
        self._widener = numpy_ops.Widener()

    def exp(self, x: mx.array) -> mx.array:
        """Natural exponential for float32; arguments below -87 give 1e-38 instead of less."""
        y = mx.minimum(mx.maximum(x * _LOG2_E, -126.0), 127.0)
        whole = (y + _ROUND) - _ROUND
        fraction = y - whole
        power = mx.array(_EXP2[0], dtype=mx.float32)
        for coefficient in _EXP2[1:]:
            power = power * fraction + coefficient
        return power * mx.view(mx.left_shift((whole + 127.0).astype(mx.int32), 23), mx.float32)

    def softmax(self, x: mx.array) -> mx.array:
        """Softmax over the last axis; large ones are computed by numpy."""
        if x.size > _LARGE:
            return numpy_ops.softmax(x)
        e = self.exp(x - x.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def sigmoid(self, x: mx.array) -> mx.array:
        """Logistic function."""
        return 1.0 / (1.0 + self.exp(-x))

    def tanh(self, x: mx.array) -> mx.array:
        """Hyperbolic tangent; absolute error below 1e-7."""
        e = self.exp(-2.0 * mx.abs(x))
        return mx.sign(x) * ((1.0 - e) / (1.0 + e))

    def gate(self, a: mx.array, b: mx.array) -> mx.array:
        """`tanh(a) * sigmoid(b)` with one division."""
        ea = self.exp(-2.0 * mx.maximum(a, -20.0))  # keeps the product of both from overflowing
        return (1.0 - ea) / ((1.0 + ea) * (1.0 + self.exp(-b)))

    def use_two_cores(self) -> None:
        """Give half of the rows to a second stream, if the process may use two cores."""
        if usable_cores() > 1:
            self._widener.second = mx.new_thread_local_stream(mx.cpu)  # any thread may evaluate

    def gelu_tanh(self, x: mx.array) -> mx.array:
        """GELU, tanh form, computed by numpy."""
        return numpy_ops.gelu_tanh(x)

    def gelu(self, x: mx.array) -> mx.array:
        """GELU, exact form, computed by numpy."""
        return numpy_ops.gelu(x)

    def product(self, matrix: Stored) -> Product:
        """The product with a stored matrix [O, I], in float32."""
        return WidenedProduct(self._widener, matrix)

    def mish(self, x: mx.array) -> mx.array:
        """`x * tanh(softplus(x))` as a rational function of e^x."""
        e = self.exp(mx.minimum(x, 20.0))
        n = e * (e + 2.0)
        return x * (n / (n + 2.0))


Ops = NativeOps
"""The interface; the other classes are subtypes."""
_OPS = {
    Backend.NATIVE: NativeOps,
    Backend.CUDA_MATMUL: ProductOps,
    Backend.CPU: CpuOps,
}


def ops_for(backend: Backend) -> Ops:
    """The operations of a backend."""
    return _OPS[backend]()


def leaky_relu(x: mx.array, slope: float) -> mx.array:
    """Leaky ReLU for slopes between 0 and 1 (a maximum is cheap on every device)."""
    return mx.maximum(x, x * slope)


def relu(x: mx.array) -> mx.array:
    """Rectifier."""
    return mx.maximum(x, 0.0)
