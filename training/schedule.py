"""What both trainings share: steps as CUDA graphs, averaged weights, a schedule by the clock."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch

Step = Callable[..., dict[str, torch.Tensor]]


class GraphedStep:
    """A training step with fixed shapes, captured as one CUDA graph: no launch costs, no host work.

    On other devices the step simply runs. The inputs are copied into the graph's own tensors.
    """

    pool = None

    def __init__(self, step: Step, inputs: dict[str, torch.Tensor], warm: int = 3) -> None:
        self.step, self.inputs = step, {k: v.clone() for k, v in inputs.items()}
        self.graph = None
        if next(iter(inputs.values())).is_cuda:
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(warm):
                    self.step(**self.inputs)
            torch.cuda.current_stream().wait_stream(side)
            torch.cuda.synchronize()
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph, pool=GraphedStep.pool):
                self.result = self.step(**self.inputs)
            GraphedStep.pool = self.graph.pool()

    def __call__(self, **inputs: torch.Tensor) -> dict[str, torch.Tensor]:
        for k, v in inputs.items():
            self.inputs[k].copy_(v)
        if self.graph is None:
            return self.step(**self.inputs)
        self.graph.replay()
        return self.result


class Average:
    """Exponentially averaged weights, which are what is shipped."""

    def __init__(self, parameters: Iterable[tuple[str, torch.Tensor]]) -> None:
        self.names, self.source = map(list, zip(*parameters, strict=True))
        self.weights = [p.detach().clone() for p in self.source]

    @torch.no_grad()
    def update(self, decay: float) -> None:
        torch._foreach_lerp_(self.weights, [p.detach() for p in self.source], 1 - decay)

    @contextmanager
    def worn(self) -> Iterator[None]:
        """Lets the network wear the averaged weights for a while."""
        raw = [p.detach().clone() for p in self.source]
        with torch.no_grad():
            torch._foreach_copy_(self.source, self.weights)
            yield
            torch._foreach_copy_(self.source, raw)

    def state(self) -> dict[str, torch.Tensor]:
        return dict(zip(self.names, self.weights, strict=True))


class Clock:
    """How much of the planned time is over; a training is planned in seconds of a machine, not steps."""

    def __init__(self, seconds: float, steps: int = 0) -> None:
        self.start, self.seconds, self.steps = time.time(), seconds, steps

    @property
    def elapsed(self) -> float:
        return time.time() - self.start

    def part(self, step: int) -> float:
        return step / self.steps if self.steps else self.elapsed / self.seconds


def cosine(part: float, peak: float, step: int, warm: int = 300, floor: float = 0.03) -> float:
    """Learning rate: a short rise, then a cosine's fall."""
    fall = 0.5 * (1 + math.cos(math.pi * min(1.0, part)))
    return peak * min(1.0, (step + 1) / warm) * (floor + (1 - floor) * fall)


def clipped(
    parameters: list[torch.Tensor], optimizer: torch.optim.Optimizer, most: float
) -> torch.Tensor:
    """Clips the gradients' norm and tells the fused optimizer to skip the step when it is not finite; no sync."""
    norm = torch.nn.utils.clip_grad_norm_(parameters, most, foreach=True)
    if norm.is_cuda:
        optimizer.found_inf = (~torch.isfinite(norm)).float()
    return norm


def adamw(
    parameters: list[torch.Tensor], betas: tuple[float, float], decay: float
) -> torch.optim.AdamW:
    """AdamW whose rate a captured graph reads from the device."""
    cuda = parameters[0].is_cuda
    rate = torch.tensor(1e-4, device=parameters[0].device) if cuda else 1e-4
    return torch.optim.AdamW(
        parameters, lr=rate, betas=betas, eps=1e-9, weight_decay=decay, fused=cuda, capturable=cuda
    )


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate
