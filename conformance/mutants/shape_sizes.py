"""Faults of sizes, iteration and dimensions."""

from __future__ import annotations

from tensorcanon.reference.size import Size
from tensorcanon.spec import shape
from tensorcanon.spec.rules.dims import wrap_dim

from .mutant import attribute, kernel, mutant


def _unchecked(dim: int, ndim: int) -> int:
    return dim % max(ndim, 1)


def _clipped(dim: int, ndim: int) -> int:
    """Return the nearest dimension there is, but for zero-dim tensors."""
    return wrap_dim(max(-ndim, min(dim, ndim - 1)) if ndim else dim, ndim)


SIZES = [
    mutant(
        "size_drops_dimensions_of_size_one",
        shape.size_is_a_tuple_of_the_sizes,
        attribute(
            "tensor:Tensor.size",
            lambda original: (
                lambda self, dim=None: (
                    Size([n for n in self.shape if n != 1] or [1])
                    if dim is None and self.shape
                    else original(self, dim)
                )
            ),
        ),
    ),
    mutant(
        "size_is_no_tuple",
        shape.a_size_is_a_tuple,
        attribute(
            "tensor:Tensor.size",
            lambda original: lambda self, dim=None: list(self.shape) if dim is None else original(self, dim),
        ),
    ),
    mutant(
        "size_of_a_negative_dimension_is_one_off",
        shape.size_of_one_dimension_is_an_int,
        attribute(
            "tensor:Tensor.size",
            lambda original: (
                lambda self, dim=None: (
                    original(self, dim)
                    if dim is None or dim >= 0
                    else original(self, max(dim - 1, -self.ndim))
                )
            ),
        ),
    ),
    mutant(
        "dim_counts_dimensions_with_elements",
        shape.dim_is_the_number_of_sizes,
        attribute("tensor:Tensor.dim", lambda original: lambda self: sum(n != 1 for n in self.shape)),
    ),
    mutant(
        "numel_counts_the_storage",
        shape.numel_is_the_product_of_the_sizes,
        attribute(
            "tensor:Tensor.nelement", lambda original: lambda self: self.storage.nbytes() // self.itemsize
        ),
    ),
    mutant(
        "numel_of_a_zero_dim_tensor_is_zero",
        shape.numel_is_the_product_of_the_sizes,
        attribute("inspection:numel", lambda original: lambda input: sum(input.shape) and original(input)),
        attribute("tensor:Tensor.nelement", lambda original: lambda self: original(self) if self.ndim else 0),
    ),
    mutant(
        "len_of_a_zero_dim_tensor_is_one",
        shape.len_is_the_first_size,
        attribute("tensor:Tensor.__len__", lambda original: lambda self: self.shape[0] if self.ndim else 1),
    ),
    mutant(
        "len_is_the_number_of_elements",
        shape.len_is_the_first_size,
        attribute("tensor:Tensor.__len__", lambda original: lambda self: original(self) and self.numel()),
    ),
    mutant(
        "iteration_copies",
        shape.iteration_gives_a_view_of_each_place,
        attribute(
            "tensor:Tensor.__iter__",
            lambda original: lambda self: iter([one.clone() for one in original(self)]),
        ),
    ),
    mutant(
        "iteration_runs_along_the_last_dimension",
        shape.iteration_gives_a_view_of_each_place,
        attribute(
            "tensor:Tensor.__iter__",
            lambda original: lambda self: iter(self.unbind(-1)) if self.ndim else original(self),
        ),
    ),
    mutant(
        "unsqueeze_takes_any_dimension",
        shape.a_dimension_out_of_range_is_an_index_error,
        kernel(
            "unsqueeze", lambda original: lambda input, dim: original(input, _unchecked(dim, input.ndim + 1))
        ),
    ),
    mutant(
        "cumsum_takes_the_nearest_dimension",
        shape.a_dimension_out_of_range_is_an_index_error,
        kernel(
            "cumsum",
            lambda original: (
                lambda input, dim, **options: original(input, _clipped(dim, input.ndim), **options)
            ),
        ),
    ),
    mutant(
        "cumsum_of_a_zero_dim_tensor_fails",
        shape.a_zero_dim_tensor_counts_as_one_element,
        kernel(
            "cumsum",
            lambda original: lambda input, dim, **options: original(input, dim + (not input.ndim), **options),
        ),
    ),
    mutant(
        "argmax_of_a_zero_dim_tensor_takes_any_dimension",
        shape.a_zero_dim_tensor_counts_as_one_element,
        kernel(
            "argmax",
            lambda original: (
                lambda input, dim=None, *keep, **options: original(
                    input, dim if input.ndim else None, *keep, **options
                )
            ),
        ),
    ),
]
