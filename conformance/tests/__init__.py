"""Tests by chapter, one per clause of the specification."""
