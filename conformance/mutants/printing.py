"""Faults of printing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference import printing as reference
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import printing

from .mutant import Mutant, Patch, attribute, mutant

Call = Callable[..., Any]


def _text(change: Callable[[Tensor, str], str]) -> Patch:
    """Replace the text of every tensor by what ``change`` makes of it."""
    return attribute("printing:tensor_text", lambda original: lambda tensor: change(tensor, original(tensor)))


def _without(fact: str) -> Callable[[Call], Call]:
    """Leave out what begins like this."""

    def make(original: Call) -> Call:
        return lambda tensor: (said for said in original(tensor) if not said.startswith(fact))

    return make


def _names_every_type(original: Call) -> Call:
    def suffixes(tensor: Tensor) -> Any:
        said = list(original(tensor))
        return said if any("dtype" in one for one in said) else [f"dtype={tensor.dtype!r}", *said]

    return suffixes


def _repeats_the_leaf(original: Call) -> Call:
    """Call every tensor that requires gradients a leaf."""

    def suffixes(tensor: Tensor) -> Any:
        for said in original(tensor):
            yield "requires_grad=True" if said.startswith("grad_fn") else said

    return suffixes


def _unaligned(original: Call) -> Call:
    return lambda self, value: original(self, value).strip()


def _with_six_decimals(original: Call) -> Call:
    """Print the fraction of whole numbers, as Python does."""

    def bare(self: Any, value: Any) -> str:
        text: str = original(self, value)
        return text + "0" if text.endswith(".") else text

    return bare


def _shortest(original: Call) -> Call:
    """Print as few decimals as tell a number from its neighbours, as NumPy does."""

    def bare(self: Any, value: Any) -> str:
        if not self.floating or self.scientific or self.whole:
            return original(self, value)  # type: ignore[no-any-return]
        return str(np.format_float_positional(np.float32(value), trim="0"))

    return bare


def _ignores(option: str) -> Callable[[Call], Call]:
    """Take no notice of one of the print options."""

    def make(original: Call) -> Call:
        def set_printoptions(*args: Any, **options: Any) -> None:
            options.pop(option, None)
            original(*args, **options)

        return set_printoptions

    return make


def _one_item_more(original: Call) -> Call:
    """Cut only what is longer by one item than it needs to be."""

    def in_part(array: Any) -> Any:
        edge = reference._options.edgeitems
        return array if array.ndim == 1 and array.shape[0] <= 2 * edge + 1 else original(array)

    return in_part


def _threshold(count: float) -> Callable[[Any], Any]:
    return lambda original: reference.Options(threshold=count)


def _formats_any(original: Call) -> Call:
    return lambda self, spec: original(self, spec) if self.ndim == 0 or not spec else repr(self)


def _python_complex(original: Call) -> Call:
    def element_text(shown: Any) -> Any:
        if shown.dtype.kind != "c":
            return original(shown)
        return str, max(len(str(value)) for value in shown.reshape(-1).tolist())

    return element_text


_SCIENTIFIC = printing.a_wide_range_prints_in_scientific_notation
_OPTIONS = printing.print_options_apply_to_every_tensor

MUTANTS: list[Mutant] = [
    mutant(
        "numbers_print_unaligned",
        (printing.integers_and_bools_are_aligned_to_the_right, printing.tensors_print_as_tutorials_show),
        attribute("printing:_Numbers.text", _unaligned),
    ),
    mutant(
        "matrices_print_on_one_line",
        printing.integers_and_bools_are_aligned_to_the_right,
        _text(lambda tensor, text: " ".join(text.split("\n"))),
    ),
    mutant(
        "whole_floats_print_a_zero",
        printing.floats_have_no_or_four_decimals,
        attribute("printing:_Numbers._bare", _with_six_decimals),
    ),
    mutant(
        "floats_print_as_short_as_possible",
        printing.floats_have_no_or_four_decimals,
        attribute("printing:_Numbers._bare", _shortest),
    ),
    mutant(
        "every_type_is_named",
        printing.a_type_that_is_no_default_is_named,
        attribute("printing:_suffixes", _names_every_type),
    ),
    mutant(
        "no_type_is_named",
        printing.a_type_that_is_no_default_is_named,
        attribute("printing:_suffixes", _without("dtype")),
    ),
    mutant(
        "leaves_do_not_say_that_they_require_gradients",
        printing.gradients_are_named,
        attribute("printing:_suffixes", _without("requires_grad")),
    ),
    mutant(
        "computed_tensors_print_as_leaves",
        printing.gradients_are_named,
        attribute("printing:_suffixes", _repeats_the_leaf),
    ),
    mutant(
        "no_scientific_notation",
        _SCIENTIFIC,
        attribute("printing:_wants_scientific", lambda original: lambda magnitudes: False),
    ),
    mutant(
        "scientific_notation_for_large_numbers_only",
        _SCIENTIFIC,
        attribute(
            "printing:_wants_scientific", lambda original: lambda magnitudes: float(magnitudes.max()) > 1e8
        ),
    ),
    mutant(
        "tensors_are_never_summarised",
        printing.long_tensors_are_summarised,
        attribute("printing:_options", _threshold(float("inf"))),
    ),
    mutant(
        "tensors_of_a_thousand_elements_are_summarised",
        printing.long_tensors_are_summarised,
        attribute("printing:_options", _threshold(999)),
    ),
    *(
        mutant(
            f"the_print_option_{option}_is_ignored",
            _OPTIONS,
            attribute(":set_printoptions", _ignores(option)),
        )
        for option in ("precision", "threshold", "edgeitems", "linewidth", "sci_mode", "profile")
    ),
    mutant(
        "zero_dim_tensors_format_as_their_repr",
        printing.a_zero_dim_tensor_is_formatted_as_its_number,
        attribute("tensor:Tensor.__format__", lambda original: lambda self, spec: repr(self)),
    ),
    mutant(
        "tensors_with_dimensions_ignore_a_format",
        printing.other_tensors_take_no_format,
        attribute("tensor:Tensor.__format__", _formats_any),
    ),
    mutant(
        "str_shows_elements_only",
        printing.str_and_repr_agree,
        attribute("tensor:Tensor.__format__", lambda original: lambda self, spec: str(self.tolist())),
    ),
    mutant(
        "sizes_print_as_tuples",
        printing.sizes_print_with_their_name,
        attribute("size:Size.__repr__", lambda original: lambda self: str(tuple(self))),
    ),
    mutant(
        "types_print_without_their_module",
        printing.types_print_as_their_names,
        attribute("dtypes:dtype.__repr__", lambda original: lambda self: self.rule.name),
    ),
    mutant(
        "tensors_are_of_a_class_of_their_own",
        printing.tensors_of_every_type_are_of_one_class,
        attribute("tensor:Tensor.__module__", lambda original: "tensors"),
    ),
    mutant(
        "an_unset_gradient_is_zero",
        printing.an_unset_gradient_is_none,
        attribute("tensor:Tensor.grad", lambda original: property(lambda self: self * 0)),
    ),
    mutant(
        "empty_tensors_hide_their_size",
        printing.empty_tensors_show_their_size,
        attribute("printing:_suffixes", _without("size")),
    ),
    mutant(
        "complex_numbers_print_as_in_python",
        printing.complex_numbers_print_in_two_columns,
        attribute("printing:_element_text", _python_complex),
    ),
    mutant(
        "parameters_print_as_tensors",
        printing.parameters_print_below_a_heading,
        attribute("parameters:Parameter.__repr__", lambda original: Tensor.__repr__),
    ),
    mutant(
        "named_results_print_as_tuples",
        printing.named_results_print_field_by_field,
        *(
            attribute(f"return_types:{name}.__repr__", lambda original: tuple.__repr__)
            for name in ("max", "min", "sort")
        ),
    ),
]
