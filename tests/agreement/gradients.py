"""First-order gradients of the samples, in float64."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import torch
from torch.testing._internal.opinfo.core import OpInfo, SampleInput

import tensorcanon.reference as reference
from tensorcanon.reference.tensor import Tensor

from .carrying import Carrier, Copier, rebound, returned
from .forms import Form, forms_of
from .judging import difference
from .trials import Disagreement, Tally, infos, samples


def gradient_disagreements(name: str, tally: Tally, *, limit: int | None = None) -> Iterator[Disagreement]:
    """Yield the samples of an operation whose gradients differ."""
    for info in infos()[name]:
        if info.supports_autograd and torch.float64 in info.supported_backward_dtypes("cpu"):
            form = next(forms_of(info))
            for sample in islice(samples(info, torch.float64, requires_grad=True), limit):
                tally.calls += 1
                reason = _difference(info, form, sample)
                if reason is not None:
                    yield Disagreement(info.full_name, "float64", "gradient", sample.summary(), reason)


def _difference(info: OpInfo, form: Form, sample: SampleInput) -> str | None:
    if form.reference is None:
        return "missing in the reference"
    given = (sample.input, sample.args, sample.kwargs)
    own_process, own_wrap = rebound(sample.output_process_fn_grad), rebound(info.gradcheck_wrapper)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        leaves, outputs = _run(form.torch, Copier()(given), info.gradcheck_wrapper, sample)
        if not outputs or not leaves:
            return None
        seeds = [torch.randn(one.shape, dtype=one.dtype) for one in outputs]
        try:
            torch.autograd.backward(outputs, seeds)
        except (NotImplementedError, RuntimeError):
            return None
        sample = SampleInput(None, output_process_fn_grad=own_process)
        try:
            own_leaves, own_outputs = _run(form.reference, Carrier()(given), own_wrap, sample)
            reference.autograd.backward(own_outputs, [Carrier()(seed) for seed in seeds])
        except Exception as error:
            return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
    own_gradients = tuple(returned(leaf.grad) for leaf in own_leaves)
    return difference(own_gradients, tuple(leaf.grad for leaf in leaves))


def _run(
    function: Callable[..., Any], given: Any, wrap: Callable[..., Any], sample: SampleInput
) -> tuple[list[Any], list[Any]]:
    """Return the tensors whose gradients are wanted and the results that depend on them."""
    first, args, kwargs = given
    result = sample.output_process_fn_grad(wrap(function, first, *args, **kwargs))
    return _wanted(given), _wanted(result)


def _wanted(value: Any) -> list[Any]:
    if isinstance(value, torch.Tensor | Tensor):
        return [value] if value.requires_grad else []
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        found = [one for item in value for one in _wanted(item)]
        return [one for place, one in enumerate(found) if all(one is not other for other in found[:place])]
    return []
