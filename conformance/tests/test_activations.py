"""Activation functions on every value of narrow types and many of wide ones; the softmax family."""

from __future__ import annotations

from tensorcanon.conformance.exhaustive import family_tests
from tensorcanon.spec import activations
from tensorcanon.spec.ops.activations import ACTIVATIONS

globals().update(family_tests(((activations.activations_follow_their_formula, ACTIVATIONS),), __name__))
