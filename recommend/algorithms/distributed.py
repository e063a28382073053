"""Training one model in several processes, started by `torchrun`: every process does its share of each mini-batch.

All processes read the same data and draw the same random numbers, so they agree on every mini-batch without a word.
Each works on its rows of it; the gradients are added up (all-reduce) before each step, so that all keep the same
parameters. Alone, a process does the whole: the same code trains on one laptop core and on eight GPUs.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from recommend.algorithms.base import InvalidConfig, Progress, silent
from recommend.algorithms.interactions import Int64Array

if TYPE_CHECKING:
    import torch


def processes() -> int:
    """How many processes train together, as `torchrun` has told this one; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def leads() -> bool:
    """Whether this is the process that reports, measures and stores."""
    return processes() == 1 or int(os.environ.get("RANK", "0")) == 0


def device_named(algorithm: str, name: str) -> torch.device:
    """Where to train: `auto` takes a GPU when there is one. Raises `InvalidConfig` for one that there is not."""
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise InvalidConfig(f"{algorithm}: there is no GPU that PyTorch can use; set device to auto or cpu.")
    return torch.device(name)


@dataclass(frozen=True)
class Team:
    """The processes that train together, as seen by the one of number `rank`, 0..size-1, which trains on `device`."""

    rank: int
    size: int
    device: torch.device

    @classmethod
    def gathered(cls, algorithm: str, device: str) -> Team:
        """Gather this process, alone or with the others that `torchrun` started; `device` is auto, cpu or cuda.

        Processes meet over NCCL on GPUs, one each, and over gloo on CPUs. Raises `InvalidConfig` for a GPU that is
        not there.
        """
        import torch

        device = device_named(algorithm, device).type
        if processes() == 1:
            return cls(0, 1, torch.device(device))
        local = int(os.environ.get("LOCAL_RANK", "0"))
        own = torch.device("cuda", local % torch.cuda.device_count()) if device == "cuda" else torch.device("cpu")
        _meet("nccl" if device == "cuda" else "gloo", own)
        return cls(torch.distributed.get_rank(), torch.distributed.get_world_size(), own)

    def share(self, rows: Int64Array) -> Int64Array:
        """The rows of a mini-batch that this process works on; every row is that of one process."""
        return rows[self.rank :: self.size]

    def heard(self, progress: Progress) -> Progress:
        """`progress` in the process that leads, silence in the others."""
        return progress if self.rank == 0 else silent

    def total(self, value: float) -> float:
        """The sum of a number over all processes."""
        if self.size == 1:
            return value
        import torch

        summed = torch.tensor(value, dtype=torch.float64 if self.device.type == "cpu" else torch.float32)
        summed = summed.to(self.device)
        torch.distributed.all_reduce(summed)
        return float(summed)

    def add_up_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Replace each gradient by its sum over all processes; losses must be shares of one sum, not means."""
        if self.size == 1:
            return
        import torch

        trained = [parameter for parameter in parameters if parameter.requires_grad]
        for parameter in trained:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        flat = torch.cat([parameter.grad.ravel() for parameter in trained])  # type: ignore[union-attr]
        torch.distributed.all_reduce(flat)
        parts = flat.split([parameter.numel() for parameter in trained])
        for parameter, part in zip(trained, parts, strict=True):
            parameter.grad.copy_(part.view_as(parameter))  # type: ignore[union-attr]

    def as_the_first(self, arrays: Iterable[np.ndarray]) -> None:
        """Take over the leading process's numbers, in place, where the last digits might differ between processes."""
        if self.size == 1:
            return
        import torch

        for array in arrays:
            tensor = torch.from_numpy(array).to(self.device)
            torch.distributed.broadcast(tensor, 0)
            array[...] = tensor.cpu().numpy()


def _meet(backend: str, device: torch.device) -> None:
    """Join the others, once in the life of a process."""
    import atexit

    import torch

    if torch.distributed.is_initialized():
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    torch.distributed.init_process_group(backend)
    atexit.register(torch.distributed.destroy_process_group)
