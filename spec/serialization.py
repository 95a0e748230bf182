"""Files of tensors: what loading gives back of what was saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .clause import clause
from .observation import Array
from .outcome import Each, Exactly, Outcome, Raises
from .rules import dtypes

Shape = tuple[int, ...]

_NOTES = "notes/serialization"


@clause(f"{_NOTES}#saving-and-loading-tensors", covers="serialization.roundtrip")
def a_tensor_loads_as_it_was_saved(array: Array, strides: Shape, requires_grad: bool = False) -> Outcome:
    """`torch.load` of what `torch.save` wrote, to a path or a file, has the elements, type, shape, strides
    and `requires_grad` of the tensor saved, for every type and layout."""
    return Exactly(array, strides=strides, requires_grad=requires_grad)


@clause(f"{_NOTES}#preserve-storage-sharing", covers="serialization.roundtrip")
def a_view_loads_at_its_place_in_storage(offset: int) -> Outcome:
    """A loaded view begins at the same place of its storage as the view saved."""
    return Exactly(offset)


@clause(f"{_NOTES}#saving-and-loading-tensors", covers="serialization.containers")
def containers_load_with_their_items(value: Any) -> Outcome:
    """Numbers, strings, None, sizes, types, tuples and lists load as what they were, at any depth."""
    return _of(value)


def _of(value: Any) -> Outcome:
    if isinstance(value, list | tuple) and not _plain(value):
        return Each(tuple(map(_of, value)), sequence=type(value).__name__)
    return Exactly(value)


def _plain(value: list[Any] | tuple[Any, ...]) -> bool:
    """Return whether a sequence shows as one value: a tuple, not empty, of what is no sequence of its own."""
    nested = (isinstance(item, list) or (isinstance(item, tuple) and not _plain(item)) for item in value)
    return isinstance(value, tuple) and bool(value) and not any(nested)


@clause(f"{_NOTES}#saving-and-loading-tensors", covers="serialization.containers")
def mappings_load_with_their_keys(items: Sequence[Any], kind: str) -> Outcome:
    """Dictionaries, ordered ones too, load with their class, keys, order and items."""
    return Each((Exactly(kind), *map(_of, items)))


@clause(f"{_NOTES}#preserve-storage-sharing", covers="serialization.views-preserved")
def tensors_saved_together_share_storage_again(array: Array) -> Outcome:
    """Tensors that share a storage and are saved together share one after loading: a write through one of
    them shows in the others."""
    return Exactly(array)


@clause(f"{_NOTES}#preserve-storage-sharing", covers="serialization.separate-files-no-share")
def tensors_saved_apart_share_nothing(array: Array) -> Outcome:
    """Tensors saved by separate calls do not share storage after loading, nor with what was saved."""
    return Exactly(array)


@clause(f"{_NOTES}#preserve-storage-sharing", covers="serialization.whole-storage")
def a_view_is_saved_with_its_whole_storage(nbytes: int) -> Outcome:
    """A saved view brings its whole storage along; a clone of the view has only its own elements."""
    return Exactly(nbytes)


@clause(f"{_NOTES}#saving-and-loading-torch-nn-modules", covers="serialization.state-dict")
def a_state_dict_restores_a_module(output: Array) -> Outcome:
    """A module that loads the saved state of another one gives the same output, bit for bit."""
    return Exactly(output)


@clause(
    f"{_NOTES}#saving-and-loading-torch-nn-modules; optim#optimization-state-dict",
    covers=("serialization.state-dict", "serialization.rng-and-optimizer"),
)
def saved_states_resume_training(parameters: Array) -> Outcome:
    """Parameters, the state of the optimizer and that of the generator, saved together, resume training
    exactly where it was."""
    return Exactly(parameters)


@clause(f"{_NOTES}#weights-only; torch.load", covers="serialization.weights-only-default")
def load_refuses_what_is_no_weight() -> Outcome:
    """`torch.load` reads tensors and plain containers only: another class or function in the file is an
    UnpicklingError."""
    return Raises("UnpicklingError")


@clause(f"{_NOTES}#weights-only; torch.load", covers="serialization.weights-only-default")
def a_refused_file_runs_no_code(ran: bool) -> Outcome:
    """A file that `torch.load` refuses has not run code of its own."""
    assert not ran
    return Exactly(ran)


@clause(
    f"{_NOTES}#weights-only; torch.serialization.safe_globals", covers="serialization.weights-only-default"
)
def what_is_declared_safe_loads(value: Any) -> Outcome:
    """Classes named to `torch.serialization.add_safe_globals`, or inside of `safe_globals`, load; with
    `weights_only=False` everything does."""
    return Exactly(value)


@clause("torch.load; meta", covers="serialization.map-location")
def map_location_names_the_device(array: Array, strides: Shape, *, meta: bool = False) -> Outcome:
    """`map_location` takes a name, a device, a dictionary of names or a function of a storage and its
    location; what is mapped to the CPU lies there. On ``meta`` type, shape and strides are left."""
    if meta:
        return Exactly(("meta", dtypes.of_array(array), array.shape, strides))
    return Exactly(array, strides=strides, device="cpu")


@clause("torch.save", covers="serialization.non-leaf-graph", basis="observed")
def history_is_not_saved(array: Array) -> Outcome:
    """The result of an operation loads with its elements and requires gradients."""
    return Exactly(array, requires_grad=True)


@clause("torch.save", covers="serialization.non-leaf-graph", basis="observed")
def what_is_loaded_is_a_leaf() -> Outcome:
    """A loaded tensor is a leaf, whatever it was."""
    return Exactly(True)


@clause(_NOTES, covers="serialization.parameter-type")
def a_parameter_loads_as_a_parameter(array: Array, requires_grad: bool) -> Outcome:
    """A saved parameter loads with its elements and whether it requires gradients."""
    return Exactly(array, requires_grad=requires_grad)


@clause(_NOTES, covers="serialization.parameter-type")
def a_loaded_parameter_has_no_gradient(known: tuple[bool, bool]) -> Outcome:
    """A loaded parameter is an `nn.Parameter` again; its gradient is not saved with it."""
    return Exactly(known)


@clause(f"{_NOTES}#serialized-file-format", covers="serialization.zip-format")
def a_file_is_an_archive_of_records(names: tuple[str, ...]) -> Outcome:
    """`torch.save` writes a zip archive, not compressed, with the records ``data.pkl``, ``byteorder`` and
    ``version``, and one below ``data/`` for each storage."""
    return Exactly(names)


@clause(f"{_NOTES}#serialized-file-format", covers="serialization.zip-format")
def a_record_holds_the_bytes_of_a_storage(data: bytes) -> Outcome:
    """The record of a storage is its bytes, in the order that ``byteorder`` names."""
    return Exactly(data)


@clause(f"{_NOTES}#serialized-file-format", covers="serialization.zip-format")
def the_format_before_archives_still_loads(array: Array, strides: Shape) -> Outcome:
    """Files written with `_use_new_zipfile_serialization=False` load as well."""
    return Exactly(array, strides=strides)


@clause(f"{_NOTES}#serialized-file-format", covers="serialization.zip-format")
def the_format_before_archives_is_none() -> Outcome:
    """A file written with `_use_new_zipfile_serialization=False` is no zip archive."""
    return Exactly(False)


@clause(f"torch.load; {_NOTES}#layout-control", covers="serialization.mmap", level="extended")
def a_mapped_file_gives_the_same_tensors(array: Array) -> Outcome:
    """With `mmap=True` a file at a path gives the same tensors; writes to them do not reach the file."""
    return Exactly(array)


@clause("torch.load", covers="serialization.mmap", level="extended")
def only_paths_are_mapped() -> Outcome:
    """A file object with `mmap=True` is a ValueError."""
    return Raises("ValueError")


@clause("torch.load", covers="serialization.errors", basis="observed")
def missing_and_damaged_files_are_errors(missing: bool) -> Outcome:
    """A path without a file is a FileNotFoundError; an empty or truncated file is an EOFError, a RuntimeError
    or an UnpicklingError."""
    return Raises("FileNotFoundError") if missing else Raises("EOFError", "RuntimeError", "UnpicklingError")


@clause("torch.Tensor", covers="serialization.pickle", basis="observed", level="extended")
def pickles_and_copies_keep_tensors(array: Array, strides: Shape) -> Outcome:
    """`pickle` and `copy.deepcopy` keep elements, type and strides, also of a tensor inside of containers."""
    return Exactly(array, strides=strides)


@clause("torch.Tensor", covers="serialization.pickle", basis="observed", level="extended")
def a_deep_copy_shares_within_itself_only(array: Array) -> Outcome:
    """Views copied together share storage with each other, not with their originals."""
    return Exactly(array)
