"""Where the sample shop of an installation lies, and the digest of the code that it was made by."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from platformdirs import user_cache_path


def sample_root(make: Callable[[Path], object]) -> Path:
    """The folder of the sample shop in the user's cache; where this code has made none yet, `make` does so, aside."""
    root = user_cache_path("shopscore", appauthor=False) / f"sample-{code_digest()}"
    if not root.exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=f"{root.name}-", dir=root.parent))
        make(making)
        try:
            making.rename(root)
        except OSError:  # another process was first
            shutil.rmtree(making)
    return root


def code_digest() -> str:
    """12 hex digits over every source and data file of the package: same digest, same computation."""
    package = resources.files("shopscore_analysis")
    digest = hashlib.sha256()
    with resources.as_file(package) as root:
        for path in sorted(
            path for path in root.rglob("*") if path.suffix in {".py", ".toml", ".npz", ".json", ".txt"}
        ):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
