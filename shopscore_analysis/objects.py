"""The files of a shelf on an object store or any other file system that fsspec knows; read, never written.

A shelf is loaded in a local folder and copied there as it is: objects appear whole, so no journal is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import IO, Any, TypeVar

from shopscore_analysis.errors import SettingsError, ShopscoreError

_ATTEMPTS = 5
Content = TypeVar("Content")


def file_system(url: str) -> tuple[Any, str]:
    """The file system of a URL such as s3://bucket/folder, and the path in it.

    SettingsError where the package for this kind of URL is not installed.
    """
    try:
        from fsspec.core import url_to_fs

        system, path = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise SettingsError(
            f"expected a URL of a file system that is installed, found {url}: {error}; "
            'install "shopscore-analysis[s3]" for s3://, or the fsspec package for your store'
        ) from error
    return system, str(path).rstrip("/")


class Objects:
    """The files under one URL; paths are relative, with forward slashes. What `Journal` is for a local folder."""

    def __init__(self, url: str) -> None:
        self._system, self._root = file_system(url)

    def files(self, folder: str, within: Collection[str] | None = None) -> list[str]:
        """The paths under a folder, sorted; `within`: those in folders of these names only."""
        return sorted(self.state(folder, within))

    def state(self, folder: str, within: Collection[str] | None = None) -> dict[str, tuple[str, int]]:
        """Every path under a folder with what tells its versions apart; `within`: see `files`."""
        self._system.invalidate_cache()
        found = self._system.find(f"{self._root}/{folder}", detail=True)
        return {
            path[len(self._root) + 1 :]: (_stamp(about), about["size"])
            for path, about in found.items()
            if within is None or path.split("/")[-2] in within
        }

    def open(self, path: str) -> IO[bytes]:
        """The content of a path, to be read and closed."""
        handle: IO[bytes] = self._system.open(f"{self._root}/{path}", "rb")
        return handle

    def consistent(
        self, folder: str, read: Callable[[list[str]], Content], within: Collection[str] | None = None
    ) -> Content:
        """What `read` makes of the paths under a folder, all of one moment; `within`: see `files`."""
        for _ in range(_ATTEMPTS):
            before = self.state(folder, within)
            result = read(sorted(before))
            if self.state(folder, within) == before:
                return result
        raise ShopscoreError(
            f"expected a quiet moment to read {self._root}/{folder}, found writers all the time; try again"
        )


def _stamp(about: dict[str, Any]) -> str:
    return str(about.get("ETag") or about.get("etag") or about.get("mtime") or about.get("LastModified"))
