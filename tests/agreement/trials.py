"""Runs operations of torch's table in both, and collects where they disagree."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.opinfo.core import OpInfo, SampleInput

from .carrying import Carrier, Copier, returned
from .equations import EQUATIONS
from .forms import Form, forms_of
from .judging import difference, nearer

DTYPES = (
    *(torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool),
    *(torch.float16, torch.bfloat16, torch.complex64),
)
_WIDER = {
    **dict.fromkeys((torch.float16, torch.bfloat16, torch.float32), torch.float64),
    torch.complex64: torch.complex128,
}


@dataclass(frozen=True)
class Disagreement:
    """One call on which the reference and torch disagree."""

    op: str
    dtype: str
    form: str
    sample: str
    reason: str

    def __str__(self) -> str:
        return f"{self.op} [{self.dtype}, {self.form}] {self.reason}\n    {self.sample}"


@dataclass
class Tally:
    """What a run has seen; `nearer` counts calls on which only torch leaves the tolerance around its own
    result in wider types."""

    calls: int = 0
    nearer: int = 0


@cache
def infos() -> dict[str, tuple[OpInfo, ...]]:
    """Return torch's table by name; several rows of a name are its variants."""
    found: dict[str, tuple[OpInfo, ...]] = {}
    for info in op_db:
        found[info.name] = (*found.get(info.name, ()), info)
    return found


def disagreements(
    name: str, dtype: torch.dtype, tally: Tally, *, limit: int | None = None
) -> Iterator[Disagreement]:
    """Yield the disagreements of an operation on the samples of one type.

    Parameters
    ----------
    name : str
        A name of torch's table.
    dtype : torch.dtype
    tally : Tally
    limit : int or None
        How many samples of each variant to take.
    """
    for info in infos()[name]:
        if dtype in info.supported_dtypes("cpu"):
            forms = tuple(forms_of(info))
            for sample in islice(samples(info, dtype), limit):
                for form in forms:
                    yield from _tried(info, dtype, form, sample, tally)


def error_disagreements(name: str, tally: Tally) -> Iterator[Disagreement]:
    """Yield the disagreements on the calls that torch's table says to raise."""
    for info in infos()[name]:
        if info.error_inputs_func is None:
            continue
        _seed()
        form = next(forms_of(info))
        for case in info.error_inputs("cpu"):
            yield from _tried(info, None, form, case.sample_input, tally)


def samples(info: OpInfo, dtype: torch.dtype, *, requires_grad: bool = False) -> list[SampleInput]:
    """Return the samples of a type, the same ones at each call."""
    _seed()
    return list(info.sample_inputs("cpu", dtype, requires_grad=requires_grad))


def _seed() -> None:
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)


def _tried(
    info: OpInfo, dtype: torch.dtype | None, form: Form, sample: SampleInput, tally: Tally
) -> Iterator[Disagreement]:
    tally.calls += 1
    reason = _reason(info, form, sample, tally)
    if reason is not None:
        kind = "errors" if dtype is None else str(dtype).removeprefix("torch.")
        shown = form.name if dtype is not None else kind
        yield Disagreement(info.full_name, kind, shown, sample.summary(), reason)


def _reason(info: OpInfo, form: Form, sample: SampleInput, tally: Tally) -> str | None:
    if form.reference is None:
        return "missing in the reference"
    given = (sample.input, sample.args, sample.kwargs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            own_given = Carrier()(given)
        except NotImplementedError:
            return None
        theirs, their_error = _called(form.torch, Copier()(given))
        own, own_error = _called(form.reference, own_given)
        if their_error is not None or own_error is not None:
            return _errors_differ(own_error, their_error)
        equation = EQUATIONS.get(info.name)
        if equation is not None:
            return equation(sample, returned(own), theirs)
        own = returned(own)
        reason = difference(own, theirs)
        if reason is not None and reason.startswith("values"):
            exact = _in_wider_types(form, given)
            if exact is not None and nearer(own, theirs, exact):
                tally.nearer += 1
                return None
        return reason


def _called(function: Any, given: tuple[Any, Any, Any]) -> tuple[Any, BaseException | None]:
    first, args, kwargs = given
    try:
        return function(first, *args, **kwargs), None
    except Exception as error:
        return None, error


def _errors_differ(own: BaseException | None, theirs: BaseException | None) -> str | None:
    own_kind, their_kind = (None if e is None else _class_of(e) for e in (own, theirs))
    if own_kind == their_kind:
        return None
    text = " ".join(str(own if own is not None else theirs).split())[:160]
    return f"{own_kind or 'no error'} instead of {their_kind or 'a result'}: {text}"


def _class_of(error: BaseException) -> str:
    named = (c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins" or "LinAlg" in c.__name__)
    return next(named).removeprefix("_")


def _in_wider_types(form: Form, given: Any) -> Any:
    def widened(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return value.to(_WIDER.get(value.dtype, value.dtype))
        if isinstance(value, torch.dtype):
            return _WIDER.get(value, value)
        if isinstance(value, list | tuple):
            return type(value)(map(widened, value)) if not isinstance(value, torch.Size) else value
        if isinstance(value, dict):
            return {key: widened(item) for key, item in value.items()}
        return value

    return _called(form.torch, widened(Copier()(given)))[0]
