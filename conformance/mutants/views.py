"""Faults of views: memory that is not shared, and those of `views_windows` and `views_types`."""

from __future__ import annotations

from tensorcanon.reference import dtypes
from tensorcanon.reference.storage import Storage
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import views

from .mutant import Mutant, attribute, kernel, mutant
from .separating import copying, separated
from .views_types import LAYOUT, TYPES
from .views_windows import ORDER, PARTS, SIZES

LAW = views.tensors_on_one_storage_see_each_others_writes


def _overlaps(base: Tensor, view: Tensor) -> bool:
    return view.strides[-1] != 0 and view.numel() > base.numel()


# Memory that is not shared.

SHARING = [
    mutant("diagonal_returns_a_copy", LAW, copying("diagonal"), fault="pytorch/xla#2418"),
    mutant(
        "unfold_copies_where_windows_overlap",
        LAW,
        copying("unfold", _overlaps),
        fault="tinygrad/tinygrad#12172",
    ),
    mutant("unbind_returns_copies", LAW, copying("unbind")),
    mutant(
        "later_pieces_of_a_split_are_copies",
        LAW,
        copying("split", lambda base, view: view.offset > base.offset),
    ),
    mutant("expand_copies", LAW, copying("expand", lambda base, view: view.numel() > base.numel())),
    mutant(
        "permute_of_a_permuted_tensor_copies",
        LAW,
        copying("permute", lambda base, view: not base.is_contiguous()),
    ),
    mutant("squeeze_copies", LAW, copying("squeeze")),
    mutant("large_views_are_copies", LAW, copying("narrow", lambda base, view: base.numel() > 2048)),
    mutant("views_of_bool_are_copies", LAW, copying("select", lambda base, view: base.dtype is dtypes.bool_)),
    mutant(
        "view_of_another_type_copies", LAW, copying("view", lambda base, view: base.dtype is not view.dtype)
    ),
    mutant("imag_copies", LAW, copying("imag")),
    mutant("pieces_of_hsplit_are_copies", LAW, copying("hsplit")),
    mutant(
        "a_view_of_a_view_is_a_copy",
        views.a_view_of_a_view_sees_writes_to_the_first_base,
        attribute(
            "views:view_of",
            lambda original: (
                lambda base, *window: (
                    separated(original(base, *window))
                    if base.base is not None and base.base.base is None and base.offset
                    else original(base, *window)
                )
            ),
        ),
    ),
    mutant(
        "the_base_is_the_view_in_between",
        views.the_base_of_a_view_of_a_view_is_the_first_tensor,
        attribute(
            "views:view_of", lambda original: lambda base, *window: _based_on(original(base, *window), base)
        ),
    ),
    mutant(
        "the_pointer_of_a_storage_moves_with_the_offset",
        views.a_view_has_the_storage_of_its_base,
        attribute(
            "tensor:Tensor.untyped_storage",
            lambda original: lambda self: Storage(self.storage.bytes[self.offset * self.itemsize :]),
        ),
    ),
    mutant(
        "storage_offset_counts_bytes",
        views.storage_offset_counts_elements,
        attribute("tensor:Tensor.storage_offset", lambda original: lambda self: self.offset * self.itemsize),
    ),
    mutant(
        "indexing_with_an_ellipsis_returns_the_tensor",
        views.an_index_of_everything_is_not_the_tensor_itself,
        kernel("getitem", lambda original: lambda input, key: input if key is ... else original(input, key)),
    ),
    mutant(
        "is_set_to_ignores_strides",
        views.is_set_to_compares_windows,
        attribute(
            "tensor:Tensor.is_set_to",
            lambda original: (
                lambda self, tensor: self.storage is tensor.storage and self.shape == tensor.shape
            ),
        ),
    ),
    mutant(
        "is_set_to_ignores_the_storage",
        views.is_set_to_compares_windows,
        attribute(
            "tensor:Tensor.is_set_to",
            lambda original: (
                lambda self, tensor: (
                    (self.offset, self.shape, self.strides) == (tensor.offset, tensor.shape, tensor.strides)
                )
            ),
        ),
    ),
    mutant("detach_copies", views.detach_is_a_view_that_requires_no_gradient, copying("detach")),
]


def _based_on(view: Tensor, base: Tensor) -> Tensor:
    view.base = base
    return view


MUTANTS: list[Mutant] = [*SHARING, *PARTS, *ORDER, *SIZES, *TYPES, *LAYOUT]
