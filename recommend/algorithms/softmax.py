"""The cross-entropy of a softmax over many courses, a few hundred rows at a time and never stored whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

ROWS_AT_ONCE = {"cpu": 256, "cuda": 16_384}
"""On a CPU what is worked on stays in its cache, which makes it several times as fast."""

SMALLEST = 1e-12


@dataclass(frozen=True)
class Choices:
    """What was chosen, and what could not be.

    chosen: int64 (m,), the column chosen in each row; weights: float32 (m,), what each row counts.
    sequences: int64 (s, t), columns in sequences; rows are places of them: row r is the place `places[r]` of the
    sequence `owners[r]`, int64 (m,), and everything up to there is left out of its softmax, as is the column
    `nothing`, which stands for whatever is no course.
    """

    chosen: torch.Tensor
    weights: torch.Tensor
    sequences: torch.Tensor
    owners: torch.Tensor
    places: torch.Tensor
    nothing: int

    def left_out(self, rows: slice) -> torch.Tensor:
        """Columns left out in these rows, int64 (rows, t), filled up with `nothing`."""
        columns = self.sequences[self.owners[rows]]
        later = torch.arange(columns.shape[1], device=columns.device) > self.places[rows, None]
        return columns.masked_fill(later, self.nothing)


def total_loss(states: torch.Tensor, embeddings: torch.Tensor, bias: torch.Tensor, choices: Choices) -> torch.Tensor:
    """The sum over rows of weight * -log softmax(states embeddings' + bias)[chosen].

    states: (m, d); embeddings: (columns, d); bias: (columns,).
    """
    return _TotalLoss.apply(states, embeddings, bias, choices)


class _TotalLoss(torch.autograd.Function):
    """Loss and gradients in one pass, since (softmax - chosen) is at hand only while a part is worked on."""

    @staticmethod
    def forward(
        ctx: Any, states: torch.Tensor, embeddings: torch.Tensor, bias: torch.Tensor, choices: Choices
    ) -> torch.Tensor:
        precision = _precision(states.device)
        low_states, low_embeddings, low_bias = (each.detach().to(precision) for each in (states, embeddings, bias))
        gradients = torch.empty_like(states), torch.zeros_like(embeddings), torch.zeros_like(bias)
        loss = states.new_zeros(())
        step = ROWS_AT_ONCE[states.device.type]
        for start in range(0, len(states), step):
            rows = slice(start, start + step)
            logits = torch.addmm(low_bias, low_states[rows], low_embeddings.T)
            logits[:, choices.nothing] = -torch.inf
            numbers = torch.arange(len(logits), device=logits.device)[:, None]
            logits[numbers, choices.left_out(rows)] = -torch.inf
            shares = torch.softmax(logits, 1)
            chosen, weights = choices.chosen[rows, None], choices.weights[rows, None]
            own = shares[numbers, chosen]
            loss -= (own.float().clamp(min=SMALLEST).log() * weights).sum()
            shares[numbers, chosen] = own - 1
            shares *= weights.to(precision)
            gradients[0][rows] = shares @ low_embeddings
            gradients[1].add_(shares.T @ low_states[rows])
            gradients[2].add_(shares.sum(0))
        ctx.save_for_backward(*gradients)
        return loss

    @staticmethod
    def backward(ctx: Any, scale: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return (*(scale * gradient for gradient in ctx.saved_tensors), None)


def _precision(device: torch.device) -> torch.dtype:
    """bfloat16 where the device computes in it, which is several times as fast and differs by less than chance does."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32
