"""Faults of files."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.archive import Archive
from tensorcanon.reference.pickling import opened
from tensorcanon.reference.storage import Storage
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import serialization
from tensorcanon.spec.rules.strides import contiguous_strides

from .mutant import Mutant, attribute, mutant

Call = Callable[..., Any]


def _row_major(original: Call) -> Call:
    """Strides are ignored: the first elements of the storage in row-major order."""

    def rebuild(storage: Storage, offset: int, size: Any, stride: Any, *rest: Any) -> Any:
        return original(storage, offset, size, contiguous_strides(tuple(size)), *rest)

    return rebuild


def _from_the_start(original: Call) -> Call:
    def rebuild(storage: Storage, offset: int, size: Any, stride: Any, *rest: Any) -> Any:
        return original(storage, 0, size, stride, *rest)

    return rebuild


def _never_requires_grad(original: Call) -> Call:
    def rebuild(storage: Any, offset: int, size: Any, stride: Any, grad: bool, *rest: Any) -> Any:
        return original(storage, offset, size, stride, False, *rest)

    return rebuild


def _own_storage(original: Call) -> Call:
    def rebuild(storage: Storage, *rest: Any) -> Any:
        return original(Storage(storage.bytes.copy()), *rest)

    return rebuild


def _shared_between_files() -> Callable[[Call], Call]:
    kept: dict[bytes, Storage] = {}

    def make(original: Call) -> Call:
        def storage(self: Archive, key: str) -> Any:
            data = original(self, key)
            return kept.setdefault(data.tobytes()[:64], Storage(data)).bytes[: data.size]

        return storage

    return make


def _trimmed(original: Call) -> Call:
    """A view is saved without the rest of its storage."""

    def reduce_tensor(self: Any, tensor: Tensor) -> Any:
        if type(tensor) is Tensor and tensor.is_contiguous() and tensor.storage.nbytes() > tensor.nbytes:
            tensor = tensor.clone()
        return original(self, tensor)

    return reduce_tensor


def _lists_for_tuples(original: Call) -> Call:
    def load(f: Any, *args: Any, **options: Any) -> Any:
        made = original(f, *args, **options)
        return list(made) if isinstance(made, tuple) else made

    return load


def _plain_dicts(original: Call) -> Call:
    def load(f: Any, *args: Any, **options: Any) -> Any:
        made = original(f, *args, **options)
        return dict(made) if isinstance(made, collections.OrderedDict) else made

    return load


def _sorted_keys(original: Call) -> Call:
    def load(f: Any, *args: Any, **options: Any) -> Any:
        made = original(f, *args, **options)
        return type(made)(sorted(made.items())) if isinstance(made, dict) else made

    return load


def _unrestricted(original: Call) -> Call:
    return lambda file, storage, weights_only, options: opened(file, storage, **options)


def _runs_first(original: Call) -> Call:
    """The file is read without restrictions before it is found wanting."""

    def unpickled(file: Any, storage: Any, weights_only: bool, options: Any) -> Any:
        start = file.tell()
        opened(file, storage, **options)
        file.seek(start)
        return original(file, storage, weights_only, options)

    return unpickled


def _everything_refused(original: Call) -> Call:
    return dict


def _on_another_device(original: Call) -> Call:
    def placed(storage: Storage, location: str, map_location: Any) -> Storage:
        if callable(map_location):
            map_location(storage)
        return original(storage, location, map_location)  # type: ignore[no-any-return]

    return placed


def _not_a_leaf(original: Call) -> Call:
    def rebuild(*args: Any) -> Any:
        made = original(*args)
        return made * 1 if made.requires_grad else made

    return rebuild


def _as_a_tensor(data: Tensor, requires_grad: bool, hooks: Any) -> Tensor:
    data.tracked = requires_grad
    return data


def _always_requires_grad(original: Call) -> Call:
    return lambda data, requires_grad, hooks: original(data, True, hooks)


def _without_byteorder(original: Call) -> Call:
    def write_record(archive: Any, name: str, data: Any) -> None:
        if not name.endswith("byteorder"):
            original(archive, name, data)

    return write_record


def _swapped(original: Call) -> Call:
    def write_record(archive: Any, name: str, data: Any) -> None:
        original(archive, name, bytes(data)[::-1] if "/data/" in name else data)

    return write_record


def _writes_through(original: Call) -> Call:
    def mapped(self: Archive, path: Any, key: str) -> Any:
        found = original(self, path, key)
        if not isinstance(found, np.memmap):
            return found
        return np.memmap(path, np.uint8, "r+", found.offset, found.shape)

    return mapped


def _anything_mapped(original: Call) -> Call:
    def load(f: Any, *args: Any, mmap: Any = None, **options: Any) -> Any:
        return original(f, *args, mmap=mmap if isinstance(f, str) else None, **options)

    return load


def _nothing_for_nothing(original: Call) -> Call:
    def load(f: Any, *args: Any, **options: Any) -> Any:
        try:
            return original(f, *args, **options)
        except (FileNotFoundError, EOFError, RuntimeError):
            return None

    return load


def _apart(original: Call) -> Call:
    def deep_copy(self: Tensor, memo: dict[int, Any]) -> Tensor:
        return original(self, {})  # type: ignore[no-any-return]

    return deep_copy


def _shallow(original: Call) -> Call:
    return lambda self, memo: self.detach()


def _row_major_copy(original: Call) -> Call:
    def window(tensor: Tensor) -> Any:
        shape, _, offset, *rest = original(tensor)
        return (shape, contiguous_strides(shape), offset, *rest)

    return window


def _without_momentum(original: Call) -> Call:
    def load(f: Any, *args: Any, **options: Any) -> Any:
        made = original(f, *args, **options)
        if isinstance(made, dict) and "optimizer" in made:
            made["optimizer"]["state"] = {}
        return made

    return load


def _rounded_weights(original: Call) -> Call:
    def rebuild(*args: Any) -> Any:
        made = original(*args)
        if made.dtype is dtypes.float32:
            made.write(made.array.astype(np.float16).astype(np.float32))
        return made

    return rebuild


_REBUILD = "pickling:_rebuild"
_PARAMETER = "torch._utils _rebuild_parameter"
MUTANTS: list[Mutant] = [
    mutant(
        "load_ignores_strides",
        (
            serialization.a_tensor_loads_as_it_was_saved,
            serialization.the_format_before_archives_still_loads,
        ),
        attribute(_REBUILD, _row_major),
        fault="tracel-ai/burn#5383",
    ),
    mutant(
        "load_ignores_the_storage_offset",
        (
            serialization.a_view_loads_at_its_place_in_storage,
            serialization.a_tensor_loads_as_it_was_saved,
        ),
        attribute(_REBUILD, _from_the_start),
        fault="pytorch/pytorch#86052",
    ),
    mutant(
        "load_forgets_requires_grad",
        (serialization.a_tensor_loads_as_it_was_saved, serialization.history_is_not_saved),
        attribute(_REBUILD, _never_requires_grad),
    ),
    mutant(
        "load_goes_through_half_precision",
        (serialization.a_state_dict_restores_a_module, serialization.a_tensor_loads_as_it_was_saved),
        attribute(_REBUILD, _rounded_weights),
    ),
    mutant(
        "load_gives_every_tensor_a_storage",
        serialization.tensors_saved_together_share_storage_again,
        attribute(_REBUILD, _own_storage),
    ),
    mutant(
        "files_share_storage",
        serialization.tensors_saved_apart_share_nothing,
        attribute("archive:Archive.storage", _shared_between_files()),
    ),
    mutant(
        "save_trims_storage",
        serialization.a_view_is_saved_with_its_whole_storage,
        attribute("pickling:Writer._reduce_tensor", _trimmed),
    ),
    mutant(
        "tuples_load_as_lists",
        serialization.containers_load_with_their_items,
        attribute(":load", _lists_for_tuples),
    ),
    mutant(
        "ordered_dictionaries_load_as_plain_ones",
        serialization.mappings_load_with_their_keys,
        attribute(":load", _plain_dicts),
    ),
    mutant(
        "keys_load_in_alphabetical_order",
        serialization.mappings_load_with_their_keys,
        attribute(":load", _sorted_keys),
    ),
    mutant(
        "the_state_of_the_optimizer_is_lost",
        serialization.saved_states_resume_training,
        attribute(":load", _without_momentum),
    ),
    mutant(
        "load_is_unrestricted",
        (serialization.load_refuses_what_is_no_weight, serialization.a_refused_file_runs_no_code),
        attribute("serialization:_unpickled", _unrestricted),
    ),
    mutant(
        "load_runs_what_it_refuses",
        serialization.a_refused_file_runs_no_code,
        attribute("serialization:_unpickled", _runs_first),
    ),
    mutant(
        "safe_classes_are_refused",
        serialization.what_is_declared_safe_loads,
        attribute("serialization:_allowed", _everything_refused),
    ),
    mutant(
        "map_location_calls_with_the_storage_only",
        serialization.map_location_names_the_device,
        attribute("serialization:placed", _on_another_device),
    ),
    mutant(
        "a_loaded_tensor_has_a_history",
        serialization.what_is_loaded_is_a_leaf,
        attribute(_REBUILD, _not_a_leaf),
    ),
    mutant(
        "a_parameter_loads_as_a_tensor",
        serialization.a_loaded_parameter_has_no_gradient,
        attribute("pickling:_ALLOWED", lambda original: {**original, _PARAMETER: _as_a_tensor}),
    ),
    mutant(
        "a_loaded_parameter_always_requires_gradients",
        serialization.a_parameter_loads_as_a_parameter,
        attribute(
            "pickling:_ALLOWED",
            lambda original: {**original, _PARAMETER: _always_requires_grad(original[_PARAMETER])},
        ),
    ),
    mutant(
        "files_do_not_tell_their_byte_order",
        serialization.a_file_is_an_archive_of_records,
        attribute("archive:_write_record", _without_byteorder),
    ),
    mutant(
        "storages_are_written_backwards",
        serialization.a_record_holds_the_bytes_of_a_storage,
        attribute("archive:_write_record", _swapped),
    ),
    mutant(
        "every_file_is_an_archive",
        serialization.the_format_before_archives_is_none,
        attribute(":save", lambda original: lambda obj, f, **options: original(obj, f)),
    ),
    mutant(
        "writes_reach_a_mapped_file",
        serialization.a_mapped_file_gives_the_same_tensors,
        attribute("archive:Archive.mapped", _writes_through),
    ),
    mutant(
        "what_cannot_be_mapped_is_read",
        serialization.only_paths_are_mapped,
        attribute(":load", _anything_mapped),
    ),
    mutant(
        "damaged_files_hold_nothing",
        serialization.missing_and_damaged_files_are_errors,
        attribute(":load", _nothing_for_nothing),
    ),
    mutant(
        "pickles_are_row_major",
        serialization.pickles_and_copies_keep_tensors,
        attribute("copying:_window", _row_major_copy),
    ),
    mutant(
        "deep_copies_of_views_are_apart",
        serialization.a_deep_copy_shares_within_itself_only,
        attribute("tensor:Tensor.__deepcopy__", _apart),
    ),
    mutant(
        "deep_copies_are_shallow",
        serialization.a_deep_copy_shares_within_itself_only,
        attribute("tensor:Tensor.__deepcopy__", _shallow),
    ),
]
