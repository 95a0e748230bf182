"""Programs that save and load, in the source that a backend runs."""

from __future__ import annotations

ROUNDTRIP = """
    import io
    def roundtrip(value, path=None, legacy=False, **options):
        file = io.BytesIO() if path is None else path
        torch.save(value, file, _use_new_zipfile_serialization=not legacy)
        if path is None:
            file.seek(0)
        return torch.load(file, **options)
"""
SAVED = """
    import io
    def saved(value, **options):
        file = io.BytesIO()
        torch.save(value, file, **options)
        return file.getvalue()
"""
LOADED = """
    import io
    def loaded(data, **options):
        return torch.load(io.BytesIO(data), **options)
"""
