"""One file a family of attacks; importing them registers the attacks."""

import importlib
import pkgutil


def load() -> None:
    """Imports every family, in the order of their names."""
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
