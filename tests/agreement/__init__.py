"""Holds the reference against torch on the inputs that torch ships for its own tests.

``PYTHONPATH=tests python -m agreement --help`` runs any of it; ``tests/test_agreement.py`` runs a sample.
"""
