"""Activation functions on every value of narrow types and many of wide ones; the softmax family."""

from __future__ import annotations

from tensorcanon.conformance.exhaustive import tests_of_families
from tensorcanon.spec import activations
from tensorcanon.spec.ops.activations import ACTIVATIONS

globals().update(tests_of_families(((activations.activation_functions, ACTIVATIONS),), __name__))
