"""Which operations share memory, and where the elements of their results lie.

Rules: `tensorcanon.spec.rules.windows`, `reshaping`, `retyping`. A clause on a view takes the elements and
the window of the tensor viewed, then the operation's arguments. Storages are flat arrays of bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .clause import clause
from .outcome import Each, Exactly, Outcome, Raises, Unspecified
from .rules import reshaping, retyping, strides, windows
from .rules.dtypes import DType
from .rules.windows import Array, Shape, Window
from .viewing import addressed, conjugated, error_like, joined, repeated, sliding, view_of

_VIEW = "tensor_view"
_FORMAT = "tensor_attributes#torch-memory-format"
_PARTS = "complex_numbers#accessing-real-and-imag"

# Laws of every view.


@clause(
    _VIEW,
    covers=("views.share-storage", "views.op-list", "views.extra-view-ops", "views.split-chunk-views"),
)
def tensors_on_one_storage_see_each_others_writes(
    storage: Array, written: Window, values: Array, seen: Window
) -> Outcome:
    """A write through a tensor shows in its views, and a write through a view shows in its base.

    Values go to the places of one window and are read from those of the other.
    """
    after = storage.copy()
    written.of(after)[...] = values
    return Exactly(seen.of(after), strides=seen.strides)


@clause(_VIEW, covers="views.multi-level")
def a_view_of_a_view_sees_writes_to_the_first_base(
    storage: Array, base: Window, values: Array, last: Window
) -> Outcome:
    """However many view operations lie between them, a tensor and its base share the base's storage."""
    after = storage.copy()
    base.of(after)[...] = values
    return Exactly(last.of(after), strides=last.strides)


@clause("tensor_view; torch.Tensor.data_ptr", covers="views.share-storage")
def a_view_has_the_storage_of_its_base() -> Outcome:
    """The storages of a tensor and of its views begin at one address."""
    return Exactly(True)


@clause("torch.Tensor.storage_offset", covers="views.storage-offset", level="extended")
def storage_offset_counts_elements(window: Window) -> Outcome:
    """`storage_offset` is how many elements of storage come before the first of the tensor.

    Nothing is said of tensors without elements.
    """
    return Unspecified() if 0 in window.shape else Exactly(window.offset)


@clause(_VIEW, covers="views.multi-level", basis="observed", level="extended")
def the_base_of_a_view_of_a_view_is_the_first_tensor() -> Outcome:
    """`_base` is the tensor that owns the storage, not the view in between."""
    return Exactly(True)


@clause(_VIEW, covers="views.same-object-no-copy")
def an_index_of_everything_is_not_the_tensor_itself() -> Outcome:
    """`x[...]` and `x[:]` are new tensors, views of x, and not x."""
    return Exactly(False)


@clause("torch.Tensor.is_set_to", covers="views.is-set-to", level="extended")
def is_set_to_compares_windows(a: Window, b: Window, *, one_storage: bool) -> Outcome:
    """`is_set_to` is True for two tensors with the same storage, offset, sizes and strides."""
    return Exactly(one_storage and a == b)


@clause("torch.Tensor.detach", covers="views.detach-shares", level="extended")
def detach_is_a_view_that_requires_no_gradient(elements: Array, window: Window) -> Outcome:
    """`detach` shares storage with its source and never requires gradients."""
    return Exactly(elements, strides=window.strides, requires_grad=False)


# Parts of a dimension.


@clause("torch.narrow", covers="views.narrow")
def narrow_is_a_view_of_a_range(
    elements: Array, window: Window, dim: int, start: int, length: int
) -> Outcome:
    """`narrow` shows `length` places of a dimension from `start` on; a negative start counts from the end.

    A range that leaves the dimension, or a negative length, is an error.
    """
    try:
        due = windows.narrow(window, dim, start, length)
    except (IndexError, RuntimeError):
        return Raises("IndexError", "RuntimeError")
    first = start + elements.shape[dim] if start < 0 else start
    return Exactly(np.take(elements, range(first, first + length), axis=dim), strides=due.strides)


@clause("torch.select", covers="views.select")
def select_is_a_view_of_one_index(elements: Array, window: Window, dim: int, index: int) -> Outcome:
    """`select` shows one place of a dimension, without the dimension; out of range is an IndexError."""
    return view_of(
        lambda: windows.select(window, dim, index), lambda: np.asarray(np.take(elements, index, axis=dim))
    )


@clause("torch.diagonal", covers="views.diagonal")
def diagonal_is_a_view_with_the_diagonal_last(
    elements: Array, window: Window, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Outcome:
    """`diagonal` shows a diagonal of two dimensions as a last dimension.

    A positive offset moves it above the main diagonal, a negative one below; past the corner it is empty.
    Its stride is the sum of the two dimensions' strides. The dimensions must differ.
    """
    return view_of(
        lambda: windows.diagonal(window, offset, dim1, dim2),
        lambda: np.diagonal(elements, offset, dim1, dim2),
    )


@clause("torch.Tensor.unfold", covers="views.unfold")
def unfold_is_a_view_of_sliding_windows(
    elements: Array, window: Window, dimension: int, size: int, step: int
) -> Outcome:
    """`unfold` shows the windows of `size` places that start every `step` places of a dimension.

    Their number stands in the place of the dimension, their places become a last dimension. Windows may
    overlap: they are views all the same. A window longer than the dimension is an error.
    """
    return view_of(
        lambda: windows.unfold(window, dimension, size, step),
        lambda: sliding(elements, dimension, size, step),
    )


@clause("torch.as_strided", covers="views.as-strided")
def as_strided_addresses_the_storage(
    storage: Array, window: Window, size: Shape, stride: Shape, storage_offset: int | None = None
) -> Outcome:
    """`as_strided` shows, at index i, the element of the storage at offset + the sum of i x stride.

    The offset is by default the tensor's own. A window that leaves the storage, or a negative stride, is an
    error. Here `storage` holds elements of the tensor's type.
    """
    try:
        due = reshaping.as_strided(window, size, stride, storage_offset, room=storage.size)
    except RuntimeError as error:
        return error_like(error)
    return Exactly(addressed(storage, size, stride, due.offset), strides=due.strides)


# The order of the dimensions.


@clause("torch.transpose", covers="views.transpose")
def transpose_is_a_view_with_two_dimensions_swapped(
    elements: Array, window: Window, dim0: int, dim1: int
) -> Outcome:
    """`transpose` swaps two dimensions and their strides; a dimension out of range is an IndexError."""
    return view_of(
        lambda: windows.transpose(window, dim0, dim1),
        lambda: np.swapaxes(elements, dim0, dim1) if elements.ndim else elements,
    )


@clause("torch.permute", covers="views.permute-shares")
def permute_is_a_view_with_the_dimensions_reordered(
    elements: Array, window: Window, dims: Sequence[int]
) -> Outcome:
    """`permute` shows the dimensions in the order given, which must name each of them once."""
    return view_of(lambda: windows.permute(window, dims), lambda: np.transpose(elements, tuple(dims)))


@clause("torch.t", covers="views.t-identity", level="extended")
def t_is_a_view_of_a_matrix_transposed(elements: Array, window: Window) -> Outcome:
    """`t` swaps the dimensions of a matrix and shows tensors of fewer dimensions as they are."""
    return view_of(lambda: windows.t(window), lambda: elements.T)


@clause("torch.Tensor.T", covers="views.T")
def the_attribute_t_reverses_the_dimensions(elements: Array, window: Window) -> Outcome:
    """`T` reverses the dimensions; for a tensor that is no matrix this is deprecated."""
    return view_of(lambda: windows.reversed_dims(window), lambda: elements.T)


@clause("torch.Tensor.mT", covers="views.mT-H", level="extended")
def the_attribute_mt_swaps_the_last_two_dimensions(elements: Array, window: Window) -> Outcome:
    """`mT` transposes the matrices of a batch; a tensor of one dimension is an error.

    Nothing is said of zero-dim tensors.
    """
    return _of_matrices(elements, lambda: windows.matrix_transpose(window))


@clause("torch.Tensor.H; torch.Tensor.mH; torch.adjoint", covers="views.mT-H", level="extended")
def the_attribute_h_is_the_conjugate_transpose(
    elements: Array, window: Window, *, batches: bool = False
) -> Outcome:
    """`H` is the conjugate transpose of a matrix, an error elsewhere; `mH` and `adjoint` take batches.

    Nothing is said of zero-dim tensors.
    """
    rule = windows.matrix_transpose if batches else windows.hermitian
    return _of_matrices(conjugated(elements), lambda: rule(window))


def _of_matrices(elements: Array, window: Callable[[], Window]) -> Outcome:
    if not elements.ndim:
        return Unspecified()
    return view_of(window, lambda: np.swapaxes(elements, -1, -2))


# Other sizes.


@clause("torch.Tensor.expand", covers="views.expand")
def expand_is_a_view_that_repeats_by_stride_zero(
    elements: Array, window: Window, sizes: Sequence[int]
) -> Outcome:
    """`expand` repeats dimensions of size 1, and new leading ones, by a stride of 0 and copies nothing.

    -1 keeps a size, but not in a new dimension. A size that is not 1 cannot change.
    """
    return view_of(lambda: reshaping.expand(window, sizes), lambda: repeated(elements, sizes))


@clause("torch.Tensor.expand", covers="views.expand")
def a_new_dimension_without_elements_has_no_size_to_keep() -> Outcome:
    """A new leading dimension cannot be -1 for `expand`, not even of a result without elements."""
    return Raises("RuntimeError")


@clause("torch.Tensor.expand", covers="views.expand-inplace-error", basis="observed")
def a_write_to_repeated_elements_is_refused() -> Outcome:
    """Writing in place to a tensor whose elements share places, as after `expand`, is an error."""
    return Raises("RuntimeError")


@clause("torch.Tensor.view", covers=("views.view-shape", "views.view-stride-rule"))
def view_needs_compatible_strides(elements: Array, window: Window, sizes: Sequence[int]) -> Outcome:
    """`view` shows the elements in the same order under another shape of as many elements.

    One size may be -1 and is inferred. Each new dimension must split an old one or merge neighbours whose
    strides continue one another (stride[i] = stride[i+1] x size[i+1]); otherwise it is an error, as it is
    for the transpose of a matrix viewed as a vector.
    """
    return view_of(lambda: reshaping.view(window, sizes), lambda: elements.reshape(tuple(sizes)))


# Other types.


@clause("torch.Tensor.view", covers=("views.view-dtype-same-size", "views.view-dtype-resize"))
def view_of_another_type_reads_the_same_bytes(elements: Array, window: Window, dtype: DType) -> Outcome:
    """`view` with a type shows the bytes as elements of that type: float32 1.0 as int32 is 0x3f800000.

    A type of another width makes the last dimension longer or shorter: it must have stride 1, and for a
    wider type the last size, the offset and the other strides must divide. A zero-dim tensor can only be
    viewed as a type of the same width. Of other widths nothing is said where a size is 0 or 1.
    """
    if dtype.itemsize != window.itemsize and min(window.shape, default=2) < 2:
        return Unspecified()
    return view_of(
        lambda: retyping.view_dtype(window, dtype), lambda: np.array(elements, order="C").view(dtype.storage)
    )


@clause(f"{_PARTS}; torch.real", covers="views.real-imag")
def real_is_a_view_of_the_real_parts(elements: Array, window: Window) -> Outcome:
    """`real` shows the real parts, two places apart; those of a real tensor are its elements."""
    return view_of(lambda: retyping.real(window), lambda: elements.real)


@clause(f"{_PARTS}; torch.imag", covers="views.real-imag")
def imag_is_a_view_of_the_imaginary_parts(elements: Array, window: Window) -> Outcome:
    """`imag` shows the imaginary parts, two places apart; for a real tensor it is an error."""
    return view_of(lambda: retyping.imag(window), lambda: elements.imag)


@clause("torch.real; torch.conj", covers=("views.real-imag", "views.conj-lazy"))
def real_and_conj_of_a_real_tensor_are_that_tensor(dtype: DType) -> Outcome:
    """`real` and `conj` of a tensor that is not complex return that tensor, of a complex one another."""
    return Exactly(not dtype.is_complex)


@clause("torch.view_as_real", covers="views.view-as-real-complex")
def view_as_real_is_a_view_of_both_parts(elements: Array, window: Window) -> Outcome:
    """`view_as_real` shows each complex number as a last dimension of size 2; a real tensor is an error."""
    return view_of(
        lambda: retyping.view_as_real(window), lambda: np.stack([elements.real, elements.imag], axis=-1)
    )


@clause("torch.view_as_complex", covers="views.view-as-real-complex")
def view_as_complex_is_a_view_of_pairs(elements: Array, window: Window) -> Outcome:
    """`view_as_complex` shows the pairs of a last dimension of size 2 and stride 1 as complex numbers.

    Other strides and the offset must be even, the type float16, float32 or float64. Nothing is said of
    tensors without elements.
    """
    if not elements.size:
        return Unspecified()
    return view_of(
        lambda: retyping.view_as_complex(window),
        lambda: joined(elements, retyping.view_as_complex(window).dtype),
    )


# Conjugates.


@clause("torch.conj", covers="views.conj-lazy")
def conj_is_a_view_of_the_conjugates(elements: Array, window: Window) -> Outcome:
    """`conj` shows the conjugates of a complex tensor's elements and copies nothing, so writes show."""
    return Exactly(conjugated(elements), strides=window.strides)


@clause("torch.Tensor.is_conj; torch.conj", covers="views.conj-lazy")
def conj_flips_a_flag_of_a_complex_tensor(dtype: DType, times: int) -> Outcome:
    """`is_conj` is True for a complex tensor after an odd number of `conj` calls, False for other types."""
    return Exactly(dtype.is_complex and times % 2 == 1)


@clause("torch.resolve_conj", covers="views.conj-lazy")
def resolve_conj_stores_the_conjugates(shown: Array) -> Outcome:
    """`resolve_conj` of a lazy conjugate holds what that shows in storage of its own."""
    return Exactly(shown)


# Memory formats.


@clause("torch.Tensor.stride; tensor_attributes#torch-layout", covers="views.stride-meaning")
def stride_gives_the_jump_along_each_dimension(window: Window, dim: int | None = None) -> Outcome:
    """`stride` is how many elements of storage lie between neighbours along a dimension, or a tuple of all.

    A fresh tensor's are row-major. Nothing is said of dimensions without two elements.
    """
    if any(size < 2 for size in window.shape):
        return Unspecified()
    if dim is None and not window.shape:
        return Each((), sequence="tuple")
    if dim is not None and not -window.ndim <= dim < window.ndim:
        return Raises("IndexError")
    return Exactly(window.strides if dim is None else window.strides[dim])


@clause("torch.Tensor.is_contiguous", covers="views.is-contiguous")
def is_contiguous_asks_for_row_major_strides(window: Window) -> Outcome:
    """`is_contiguous` is True where strides are row-major, sizes of 1 aside, and for empty tensors."""
    return Exactly(strides.is_contiguous(window.shape, window.strides))


@clause("torch.Tensor.contiguous", covers="views.contiguous-self")
def contiguous_has_row_major_strides(elements: Array) -> Outcome:
    """`contiguous` shows equal elements in row-major order of storage."""
    return Exactly(elements, strides=strides.contiguous_strides(elements.shape))


@clause("torch.Tensor.contiguous", covers="views.contiguous-self")
def contiguous_returns_the_tensor_where_it_is(window: Window) -> Outcome:
    """`contiguous` returns the tensor itself exactly where that is contiguous."""
    return Exactly(strides.is_contiguous(window.shape, window.strides))


@clause(f"{_FORMAT}; torch.Tensor.contiguous", covers="views.channels-last", level="extended")
def channels_last_stores_the_channels_innermost(elements: Array) -> Outcome:
    """Channels-last gives an (N, C, H, W) tensor the strides (HWC, 1, WC, C); other ranks are an error."""
    if elements.ndim != 4:
        return Raises("RuntimeError")
    return Exactly(elements, strides=strides.channels_last_strides(elements.shape))


@clause("torch.Tensor.is_contiguous", covers="views.channels-last", level="extended")
def is_contiguous_in_channels_last_asks_for_its_strides(window: Window) -> Outcome:
    """`is_contiguous` for channels-last is True where the strides are that format's; sizes 0 and 1 aside."""
    if any(size < 2 for size in window.shape):
        return Unspecified()
    return Exactly(window.ndim == 4 and window.strides == strides.channels_last_strides(window.shape))


@clause(f"torch.clone; {_FORMAT}", covers="views.clone-preserves-format", level="extended")
def clone_preserves_dense_strides(elements: Array, window: Window) -> Outcome:
    """`clone` keeps the strides of a tensor that fills its storage without gaps and repeats."""
    dense = strides.is_dense(window.shape, window.strides)
    return Exactly(elements, strides=window.strides if dense else None, dense=True)


@clause(_FORMAT, covers="views.clone-preserves-format", level="extended")
def clone_of_a_tensor_with_gaps_or_repeats_is_row_major(elements: Array) -> Outcome:
    """`clone` gives row-major strides to a tensor that is expanded or has gaps."""
    return Exactly(elements, strides=strides.contiguous_strides(elements.shape))
