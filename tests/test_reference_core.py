"""The core of the reference: dispatch, layouts, writing, the tape. Held against the installed torch."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorcanon.reference as canon
from tensorcanon.reference.dispatch import OPS, replaced

torch = pytest.importorskip("torch")

Program = Callable[[Any], Any]
DTYPES = ("bool", "uint8", "int8", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64")


def shown(value: Any) -> Any:
    """Return what can be compared of a result of either library."""
    if isinstance(value, canon.Tensor | torch.Tensor):
        return str(value.dtype), tuple(value.shape), tuple(value.stride()), value.requires_grad, repr(value)
    if isinstance(value, tuple | list):
        return [shown(item) for item in value]
    return value if isinstance(value, bool | int | float | complex | str | None) else repr(value)


def outcome(library: Any, program: Program) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return shown(program(library))
        except Exception as error:
            return type(error).__name__, str(error).partition("\n")[0]


def same_outcome(program: Program) -> None:
    ours, theirs = outcome(canon, program), outcome(torch, program)
    if ours != theirs and ours[0] == "AttributeError":
        pytest.skip(f"the reference lacks an operation: {ours[1]}")
    assert ours == theirs


PROGRAMS: dict[str, Program] = {
    # Elementwise layouts.
    "transposed_keeps_strides": lambda t: t.ones(2, 3).transpose(0, 1) + 1,
    "transposed_with_row_major": lambda t: t.ones(2, 3).transpose(0, 1) + t.ones(3, 2),
    "row_major_with_transposed": lambda t: t.ones(3, 2) + t.ones(2, 3).transpose(0, 1),
    "expanded": lambda t: t.ones(3, 1).expand(3, 4) * 2,
    "expanded_transposed": lambda t: t.ones(3, 1).expand(3, 4).transpose(0, 1) * 2,
    "narrowed": lambda t: t.ones(4, 6).narrow(1, 0, 3) * 2,
    "narrowed_transposed": lambda t: t.ones(4, 6).narrow(1, 0, 3).transpose(0, 1) * 2,
    "three_dims": lambda t: t.ones(2, 3, 4).transpose(0, 2) * t.ones(3, 1),
    "size_one": lambda t: t.ones(1, 3).transpose(0, 1) + 1,
    "zero_size": lambda t: t.ones(0, 3).transpose(0, 1) + 1,
    "channels_last": lambda t: t.ones(2, 3, 4, 5).contiguous(memory_format=t.channels_last) + 1,
    "channels_last_broadcast": lambda t: (
        t.ones(2, 3, 4, 5).contiguous(memory_format=t.channels_last) + t.ones(3, 1, 1)
    ),
    "clone_of_transposed": lambda t: t.ones(2, 3).transpose(0, 1).clone(),
    "clone_of_narrowed": lambda t: t.ones(2, 3).narrow(1, 0, 2).clone(),
    "zeros_like_of_transposed": lambda t: t.zeros_like(t.ones(2, 3).transpose(0, 1)),
    # Writing.
    "in_place_of_narrower_type": lambda t: t.ones(2, dtype=t.int8).add_(t.ones(2, dtype=t.int64)),
    "in_place_of_lower_category": lambda t: t.ones(2, dtype=t.int64).add_(1.5),
    "in_place_shape": lambda t: t.ones(1).add_(t.ones(3)),
    "in_place_expanded": lambda t: t.ones(1).expand(3).add_(1),
    "in_place_overlap": lambda t: (lambda x: x.narrow(0, 1, 2).add_(x.narrow(0, 0, 2)))(t.ones(3)),
    "in_place_itself": lambda t: (lambda x: x.add_(x))(t.ones(3)),
    "out": lambda t: (lambda o: (t.add(t.ones(2), 1, out=o) is o, o))(t.zeros(2)),
    "out_empty": lambda t: (lambda o: (t.add(t.ones(2), 1, out=o), o))(t.zeros(0)),
    "out_resized": lambda t: (lambda o: (t.add(t.ones(2), 1, out=o), o))(t.zeros(3)),
    "out_keeps_strides": lambda t: t.add(t.ones(2, 3), 1, out=t.zeros(3, 2).transpose(0, 1)),
    "out_lower_category": lambda t: t.add(t.ones(2), 1, out=t.zeros(2, dtype=t.int32)),
    "out_wider": lambda t: t.add(t.ones(2), 1, out=t.zeros(2, dtype=t.float64)),
    "out_gradients": lambda t: t.add(t.ones(2, requires_grad=True), 1, out=t.zeros(2)),
    "out_exact": lambda t: t.mm(t.ones(2, 2), t.ones(2, 2), out=t.zeros(2, 2, dtype=t.float64)),
    "set_item": lambda t: (lambda x: (x.__setitem__(0, 7), x))(t.ones(2, 2)),
    "version": lambda t: (lambda x: (x.add_(1), x[0].mul_(2), x + 1, x._version))(t.ones(2, 2))[3],
    # Calls.
    "axis": lambda t: t.ones(2, 3).sum(axis=0, keepdims=True),
    "keyword_view": lambda t: t.narrow(input=t.ones(3, requires_grad=True), dim=0, start=1, length=2),
    "keyword_input": lambda t: t.add(input=t.ones(2), other=1),
    "unknown_keyword": lambda t: type(_error(lambda: t.add(t.ones(2), 1, foo=2))).__name__,
    "no_out_on_methods": lambda t: type(_error(lambda: t.ones(2).add(1, out=t.ones(2)))).__name__,
    "broadcast_error": lambda t: t.ones(2, 3) + t.ones(4),
    "reflected": lambda t: 2 + t.ones(2),
    "iteration": lambda t: [int(row.sum()) for row in t.tensor([[1, 2], [3, 4]]).unbind(0)],
    "numpy_scalar": lambda t: t.ones(2) * np.float64(2.5),
    # Products.
    "mm_message": lambda t: t.ones(2, 3) @ t.ones(2, 3),
    "mm_types": lambda t: t.mm(t.ones(2, 2), t.ones(2, 2, dtype=t.int64)),
    "mm_bool": lambda t: t.mm(t.ones(2, 2, dtype=t.bool), t.ones(2, 2, dtype=t.bool)),
    "mv": lambda t: t.ones(2, 3) @ t.tensor([1.0, 2.0, 3.0]),
    "vm": lambda t: t.tensor([1.0, 2.0]) @ t.ones(2, 3),
    "dot": lambda t: t.tensor([1, 2]) @ t.tensor([3, 4]),
    "dot_sizes": lambda t: t.ones(2) @ t.ones(3),
    "zero_dim_product": lambda t: t.tensor(1.0) @ t.ones(2),
    "batches": lambda t: t.ones(5, 1, 2, 3) @ t.ones(4, 3, 2),
    "batch_vector": lambda t: t.ones(5, 2, 3) @ t.ones(3),
    "vector_batch": lambda t: t.ones(3) @ t.ones(5, 3, 2),
    "empty_product": lambda t: t.mm(t.zeros(2, 0), t.zeros(0, 3)),
    "addmm": lambda t: t.addmm(t.ones(2), t.ones(2, 3), t.ones(3, 2), beta=2, alpha=3),
    "addmm_beta_zero": lambda t: t.addmm(t.ones(2) * float("nan"), t.ones(2, 3), t.ones(3, 2), beta=0),
    "bmm_sizes": lambda t: t.bmm(t.ones(2, 2, 3), t.ones(2, 2, 3)),
    "small_ints_wrap": lambda t: t.mm(*[t.full((2, 2), 100, dtype=t.int8)] * 2),
    # Creation.
    "ragged": lambda t: t.tensor([[1, 2], [3]]),
    "too_large": lambda t: t.tensor(300, dtype=t.uint8),
    "beyond_64_bits": lambda t: t.tensor(2**64),
    "mixed": lambda t: t.tensor([1, 2.5, True]),
    "complex": lambda t: t.tensor([1, 2j]),
    "of_numpy": lambda t: t.tensor(np.arange(3, dtype=np.int16)),
    "of_numpy_scalars": lambda t: t.tensor([np.float64(1), 2]),
    "of_tensors": lambda t: t.tensor([t.tensor(1.0), t.tensor(2.0)]),
    "negative_size": lambda t: type(_error(lambda: t.zeros(-1))).__name__,
    "integer_gradients": lambda t: t.zeros(2, dtype=t.int64, requires_grad=True),
    "legacy_sizes": lambda t: t.Tensor(2, 3).shape,
    "legacy_data": lambda t: t.Tensor([1, 2]),
    "legacy_typed": lambda t: t.IntTensor([1, 2]),
    "from_numpy_strides": lambda t: t.from_numpy(np.arange(12).reshape(3, 4)[::2, 1:]),
    # Conversions.
    "to_itself": lambda t: (lambda x: (x.to(t.float32) is x, x.to(t.float32, copy=True) is x))(t.ones(2)),
    "wraps": lambda t: t.tensor([300, -1, 128]).to(t.uint8),
    "truncates": lambda t: t.tensor([1.9, -1.9, 0.5]).long(),
    "to_bool": lambda t: t.tensor([0.0, -0.0, float("nan"), 0.1]).bool(),
    "type_name": lambda t: t.ones(1, dtype=t.bfloat16).type(),
    "to_half_twice_rounded": lambda t: t.tensor([1 + 2**-11 + 2**-40], dtype=t.float64).half(),
    "large_to_half": lambda t: t.tensor([70000.0, 2049.0]).half(),
}


def _error(run: Callable[[], Any]) -> Exception:
    with pytest.raises(Exception) as caught:
        run()
    return caught.value  # type: ignore[return-value]


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_torch(name: str) -> None:
    same_outcome(PROGRAMS[name])


@pytest.mark.parametrize(("a", "b"), list(itertools.product(DTYPES, DTYPES)))
def test_sums_of_types(a: str, b: str) -> None:
    for shapes in (((2,), (2,)), ((2,), ()), ((), (2,))):

        def program(t: Any, shapes: Any = shapes) -> Any:
            left = t.ones(shapes[0], dtype=getattr(t, a))
            return left + t.ones(shapes[1], dtype=getattr(t, b)), left * 3, left * 0.1

        assert outcome(canon, program) == outcome(torch, program)


GRADIENTS: dict[str, Program] = {
    "leaf": lambda t: t.ones(2, requires_grad=True),
    "polynomial": lambda t: _gradient(t, lambda x: x * x + x * 3),
    "exp": lambda t: _gradient(t, lambda x: (x * 2).exp()),
    "broadcast": lambda t: _gradient(t, lambda x: x[:, None] * x + x.sum()),
    "expand": lambda t: _gradient(t, lambda x: x.expand(4, 3).transpose(0, 1) * t.tensor([1.0, 2, 3, 4])),
    "basic_index": lambda t: _gradient(t, lambda x: x[1:] * x[:-1] + x[0]),
    "advanced_index": lambda t: _gradient(t, lambda x: x[t.tensor([0, 0, 2])] * t.tensor([1.0, 2, 3])),
    "cat": lambda t: _gradient(t, lambda x: t.cat([x, x * 2, x[:1]]) * 2),
    "in_place": lambda t: _gradient(t, lambda x: (x * 2).mul_(3).add_(x)),
    "in_place_multiplied": lambda t: _gradient(t, lambda x: (x * 2).mul_(x)),
    "in_place_through_view": lambda t: _gradient(t, _write_through_view),
    "view_after_write": lambda t: _gradient(t, _view_after_write),
    "write_number": lambda t: _gradient(t, _write_number),
    "write_with_gradient": lambda t: _gradient(t, lambda x: _written(t.zeros(3), x)),
    "cast": lambda t: _gradient(t, lambda x: x.double() * 2),
    "mm": lambda t: _gradient(t, lambda x: t.mm(x[None], x[:, None]) * 2),
    "matvec": lambda t: _gradient(t, lambda x: (x[:, None] * x) @ x),
    "batched": lambda t: _gradient(t, lambda x: (x[:, None] * x).expand(2, 3, 3) @ x),
    "addmm": lambda t: _gradient(t, lambda x: t.addmm(x, x[:, None], x[None], beta=2, alpha=3)),
    "second": lambda t: _second(t, lambda x: x * x * x.exp()),
    "second_of_matrix": lambda t: _second(t, lambda x: (x[:, None] * x) @ x),
    "detach": lambda t: _gradient(t, lambda x: x.detach() * x),
    "no_grad": lambda t: _without_grad(t).requires_grad,
    "names": lambda t: _names(t),
    "retained": lambda t: _retained(t),
    "hooks": lambda t: _hooked(t),
    "unused": lambda t: t.autograd.grad(
        (t.ones(1, requires_grad=True) * 2).sum(), t.ones(1, requires_grad=True)
    ),
    "leaf_write": lambda t: t.ones(2, requires_grad=True).add_(1),
    "leaf_view_write": lambda t: t.ones(2, requires_grad=True)[0].add_(1),
    "leaf_write_without_grad": lambda t: _leaf_write(t),
    "no_grad_view_write": lambda t: type(_error(lambda: _no_grad_view(t).add_(1))).__name__,
    "non_scalar": lambda t: (t.ones(2, requires_grad=True) * 2).backward(),
    "no_graph": lambda t: t.ones(2).sum().backward(),
    "twice": lambda t: (lambda y: (y.backward(), y.backward()))((t.ones(2, requires_grad=True).exp()).sum()),
    "twice_without_saved": lambda t: (lambda y: (y.backward(), y.backward()))(
        (t.ones(2, requires_grad=True) + 1).sum()
    ),
    "weight_shape": lambda t: (t.ones(2, requires_grad=True) * 2).backward(t.ones(3)),
    "saved_written": lambda t: _error_head(lambda: _write_saved(t)),
    "write_unsaved": lambda t: _write_unsaved(t),
    "integer_requires_grad": lambda t: t.ones(2, dtype=t.int64).requires_grad_(),
    "non_leaf_flag": lambda t: setattr(t.ones(2, requires_grad=True) * 2, "requires_grad", False),
    "numpy": lambda t: t.ones(2, requires_grad=True).numpy(),
    "inference": lambda t: _inference(t),
}


def _leaf(t: Any) -> Any:
    return t.tensor([1.0, -2.0, 3.0], requires_grad=True)


def _gradient(t: Any, function: Program) -> Any:
    x = _leaf(t)
    y = function(x)
    weight = t.tensor(np.arange(1, y.numel() + 1).reshape(tuple(y.shape)), dtype=y.dtype)
    y.backward(weight)
    return y, x.grad


def _second(t: Any, function: Program) -> Any:
    x = _leaf(t)
    (first,) = t.autograd.grad(function(x).sum(), x, create_graph=True)
    return t.autograd.grad(first.sum(), x)[0]


def _write_through_view(x: Any) -> Any:
    y = x * 1
    y[1:].mul_(5)
    return y


def _view_after_write(x: Any) -> Any:
    y = x * 1
    view = y[1:]
    y.mul_(x)
    return view * 2


def _write_number(x: Any) -> Any:
    y = x * 2
    y[0] = 0
    return y


def _written(target: Any, x: Any) -> Any:
    target[1:] = x[:2] * 2
    return target


def _without_grad(t: Any) -> Any:
    with t.no_grad():
        return _leaf(t) * 2


def _no_grad_view(t: Any) -> Any:
    y = _leaf(t) * 2
    with t.no_grad():
        return y[0]


def _leaf_write(t: Any) -> Any:
    x = _leaf(t)
    with t.no_grad():
        x.add_(1)
    return x


def _names(t: Any) -> Any:
    x = _leaf(t)
    made = [x + 1, x * 2, -x, x.exp(), x.sum(), x.sum(0), x[0], x[1:], x[None], x.transpose(0, 0), x.clone()]
    made += [t.cat([x, x]), x @ x, x.double(), x[t.tensor([0])], x.view(3, 1), x.expand(2, 3)]
    y = x * 1
    view = y[:1]
    view.add_(1)
    return [type(one.grad_fn).__name__ for one in [*made, y, view]]


def _retained(t: Any) -> Any:
    x = _leaf(t)
    y = x * 2
    y.retain_grad()
    (y * 3).sum().backward()
    return y.grad, x.grad, y.retains_grad


def _hooked(t: Any) -> Any:
    x = _leaf(t)
    y = x * 2
    y.register_hook(lambda grad: grad * 10)
    handle = x.register_hook(lambda grad: grad + 1)
    y.sum().backward(retain_graph=True)
    handle.remove()
    y.sum().backward()
    return x.grad


def _write_saved(t: Any) -> Any:
    y = _leaf(t) * 2
    z = y * y
    y.add_(1)
    z.sum().backward()


def _write_unsaved(t: Any) -> Any:
    x = _leaf(t)
    y = x + 1
    z = y + y
    y.add_(1)
    z.sum().backward()
    return x.grad


def _error_head(run: Callable[[], Any]) -> str:
    return str(_error(run)).partition(", which")[0]


def _inference(t: Any) -> Any:
    x = _leaf(t)
    with t.inference_mode():
        y = t.ones(3) * 2
        inside = x * 2
    failures = [str(_error(lambda: x * y)).partition(".")[0], type(_error(lambda: y.add_(1))).__name__]
    return y.is_inference(), inside.requires_grad, (x + y).requires_grad, failures


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_as_torch(name: str) -> None:
    same_outcome(GRADIENTS[name])


def test_a_replaced_kernel_is_used_in_every_form() -> None:
    x = canon.ones(2)
    function, method = canon.add, x.add
    with replaced("add", lambda kernel: lambda input, other, **rest: kernel(input, 40)):
        out = canon.zeros(2)
        forms = [function(x, 1), method(1), x + 1, canon.ones(2).add_(1), canon.add(x, 1, out=out)]
        assert [form[0].item() for form in forms] == [41.0] * 5
    assert (x + 1)[0].item() == 2.0


def test_every_operator_and_alias_has_an_op() -> None:
    assert all(op.name == name for name, op in OPS.items())


def test_memory_is_shared() -> None:
    array = np.arange(6.0).reshape(2, 3)
    tensor = canon.from_numpy(array)
    tensor.transpose(0, 1)[0].add_(10)
    array[1, 2] = -1
    assert array[0, 0] == 10
    assert tensor[1, 2].item() == -1
    tensor.numpy()[0, 1] = 99
    assert tensor[0, 1].item() == 99


def test_a_failed_write_changes_nothing() -> None:
    x = canon.ones(2, dtype=canon.int64)
    with pytest.raises(RuntimeError):
        x.add_(1.5)
    with pytest.raises(RuntimeError):
        x.add_(canon.ones(3, dtype=canon.int64))
    assert (x.tolist(), x._version) == ([1, 1], 0)
