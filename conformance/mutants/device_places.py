"""Faults of devices' names and of where tensors lie."""

from __future__ import annotations

from typing import Any

from tensorcanon.reference import devices
from tensorcanon.reference.devices import cpu, meta
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import device

from .changes import Call, always
from .mutant import attribute, kernel, mutant

Device = devices.device


def _init(change: Any) -> Any:
    """Change a device after it was made."""

    def make(original: Call) -> Call:
        def init(self: Device, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            change(self)

        return init

    return make


def _first_index(self: Device) -> None:
    self.index = 0 if self.index is None and self.type == "cuda" else self.index


def _small_index(self: Device) -> None:
    self.index = None if self.index is None else self.index % 2


def _takes_any_string(original: Call) -> Call:
    def init(self: Device, type: Any, index: int | None = None) -> None:
        try:
            original(self, type, index)
        except RuntimeError:
            self.type, self.index = "cpu", None

    return init


def _takes_loose_indices(original: Call) -> Call:
    def init(self: Device, type: Any, index: int | None = None) -> None:
        kind, _, number = type.partition(":") if isinstance(type, str) else (type, "", "")
        original(
            self,
            f"{kind}:{int(number)}" if number.lstrip("-").isdigit() and number[0] != "-" else type,
            index,
        )

    return init


def _numbers_are_of_the_cpu(original: Call) -> Call:
    def init(self: Device, type: Any, index: int | None = None) -> None:
        original(self, "cpu" if isinstance(type, int) else type, index)

    return init


def _index_always(self: Device) -> str:
    return f"{self.type}:{self.index or 0}"


def _default_ignored(original: Call) -> Call:
    return lambda where: devices.checked("cpu" if where is None else where)


def _default_wins(original: Call) -> Call:
    return lambda where: devices.checked(devices.get_default_device() if devices.state.stack else where)


def _outermost(original: Call) -> Call:
    return lambda: devices.state.stack[0] if devices.state.stack else cpu


def _promotes(original: Call) -> Call:
    """Let operands of different devices through, as if they lay together."""

    def common(op: Any, args: Any, kwargs: Any) -> Device:
        try:
            return original(op, args, kwargs)  # type: ignore[no-any-return]
        except RuntimeError as error:
            if "expected device" not in str(error):
                raise
            return meta

    return common


def _strict(original: Call) -> Call:
    """Refuse zero-dim tensors of the CPU as well."""

    def common(op: Any, args: Any, kwargs: Any) -> Device:
        places = {one.device for one in args if isinstance(one, Tensor)}
        if len(places) > 1 and not op.name.startswith(("_", "copy_")):
            raise RuntimeError("all tensors must be on one device")
        return original(op, args, kwargs)  # type: ignore[no-any-return]

    return common


def _lenient(original: Call) -> Call:
    """Let zero-dim tensors of any device go along."""

    def common(op: Any, args: Any, kwargs: Any) -> Device:
        firm = tuple(one for one in args if isinstance(one, Tensor) and one.ndim)
        mixed = firm and len(firm) < len(args) and len({one.device for one in firm}) == 1
        return original(op, firm if mixed and op.name in ("add", "sub", "mul") else args, kwargs)  # type: ignore[no-any-return]

    return common


def _falls_back_to_the_cpu(original: Call) -> Call:
    def carried_out(op: Any, args: Any, kwargs: Any, run: Call) -> Any:
        result = original(op, args, kwargs, run)
        if op.name in ("sum", "matmul", "mm") and isinstance(result, Tensor):
            result.storage.device = cpu
        return result

    return carried_out


def _transposed_result(original: Call) -> Call:
    def matmul(input: Tensor, other: Tensor) -> Tensor:
        made: Tensor = original(input, other)
        if input.is_meta and made.ndim == 2:
            made.strides = (1, made.shape[0])
        return made

    return matmul


def _zeros_for_nothing(original: Call) -> Call:
    def moved(made: Tensor, place: Device) -> Tensor:
        made.storage.device = place
        return made

    return moved


NAMES = (
    mutant(
        "device_without_index_gets_zero",
        (device.a_device_is_a_type_and_an_index, device.devices_are_equal_where_type_and_index_are),
        attribute("devices:device.__init__", _init(_first_index)),
    ),
    mutant(
        "device_index_wraps",
        (device.a_device_is_a_type_and_an_index, device.a_device_prints_as_its_string),
        attribute("devices:device.__init__", _init(_small_index)),
    ),
    mutant(
        "device_always_prints_an_index",
        device.a_device_prints_as_its_string,
        attribute("devices:device.__str__", lambda original: _index_always),
    ),
    mutant(
        "devices_are_equal_by_type",
        device.devices_are_equal_where_type_and_index_are,
        attribute("devices:device.__eq__", lambda original: lambda self, other: self.type == other.type),
    ),
    mutant(
        "devices_hash_by_identity",
        device.equal_devices_are_one_key,
        attribute("devices:device.__hash__", lambda original: lambda self: id(self)),
    ),
    mutant(
        "device_takes_any_string",
        device.malformed_device_strings_are_refused,
        attribute("devices:device.__init__", _takes_any_string),
    ),
    mutant(
        "device_takes_leading_zeros",
        device.malformed_device_strings_are_refused,
        attribute("devices:device.__init__", _takes_loose_indices),
    ),
    mutant(
        "device_of_a_number_is_the_cpu",
        device.a_bare_number_is_a_device_of_the_accelerator,
        attribute("devices:device.__init__", _numbers_are_of_the_cpu),
    ),
)
WHERE = (
    mutant(
        "default_device_is_ignored",
        device.the_default_device_takes_new_tensors,
        attribute("devices:wanted", _default_ignored),
    ),
    mutant(
        "default_device_beats_the_argument",
        device.a_device_argument_decides,
        attribute("devices:wanted", _default_wins),
    ),
    mutant(
        "outermost_default_device_wins",
        device.the_default_device_can_be_asked_for,
        attribute(":get_default_device", _outermost),
    ),
    mutant(
        "new_tensors_lie_on_meta",
        device.tensors_lie_on_the_cpu_unless_told_otherwise,
        attribute("devices:get_default_device", always(meta)),
        attribute("placement:active", always(True)),
    ),
    mutant(
        "default_device_takes_shared_arrays",
        device.shared_memory_stays_where_it_is,
        attribute("placement:MAKERS", lambda original: original | {"from_numpy"}),
    ),
    mutant(
        "is_cpu_is_always_true",
        device.flags_tell_the_kind_of_device,
        attribute("tensor:Tensor.is_cpu", lambda original: property(lambda self: True)),
    ),
    mutant(
        "ordinal_of_the_cpu_is_zero",
        device.the_cpu_has_the_ordinal_minus_one,
        attribute("tensor:Tensor.get_device", always(0)),
    ),
    mutant(
        "results_fall_back_to_the_cpu",
        device.results_lie_where_the_operands_do,
        attribute("placement:carried_out", _falls_back_to_the_cpu),
    ),
    mutant("devices_mix", device.devices_do_not_mix, attribute("placement:common", _promotes)),
    mutant(
        "zero_dim_tensors_are_strict",
        device.zero_dim_tensors_of_the_cpu_mix,
        attribute("placement:common", _strict),
    ),
    mutant(
        "zero_dim_tensors_of_any_device_mix",
        device.zero_dim_tensors_of_other_devices_do_not_mix,
        attribute("placement:common", _lenient),
    ),
    mutant(
        "meta_products_are_transposed",
        device.meta_results_have_the_shape_of_real_ones,
        kernel("matmul", _transposed_result),
    ),
    mutant(
        "meta_tensors_read_as_zeros",
        (device.what_has_no_data_cannot_be_read, device.meta_modules_cannot_be_moved),
        attribute("conversion:moved", _zeros_for_nothing),
    ),
    mutant(
        "meta_tensors_share_memory_with_numpy",
        device.only_the_cpu_shares_memory_with_numpy,
        attribute("tensor:_check_numpy", always(None)),
    ),
)
PLACES = [*NAMES, *WHERE]
