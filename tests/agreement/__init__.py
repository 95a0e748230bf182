"""Holds the reference against torch on the inputs that torch ships for its own tests.

``PYTHONPATH=tests python -m agreement --help`` runs any of it; ``tests/test_agreement.py`` runs a sample.
"""

from unittest.mock import patch

# Torch's own tests freeze the flags of its libraries at import; other code of this process may set them.
with patch("torch.backends.disable_global_flags"):
    import torch.testing._internal.common_utils  # noqa: F401
