"""The engines that can be held against the canon."""
