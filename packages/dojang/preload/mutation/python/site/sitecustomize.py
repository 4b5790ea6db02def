"""Loaded by every Python program that tests start while mutants are tried. What fails here never fails a program."""

try:
    import dojang_patch

    dojang_patch.apply_from_environment()
except Exception:
    pass
