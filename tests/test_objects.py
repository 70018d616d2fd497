"""A shelf on an object store: a real server that speaks S3, on loopback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopscore_analysis.errors import SettingsError
from shopscore_analysis.packed import dumped
from shopscore_analysis.settings import FILE
from shopscore_analysis.shelf import Shelf
from shopscore_analysis.shop import Shop
from tests.shelves import make_shop

URL = "s3://bucket/shop/shelf"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = make_shop(tmp_path_factory.mktemp("shop") / "one")
    shop.count()
    return shop


@pytest.fixture(scope="module")
def store(local: Shop) -> Iterator[str]:
    """The URL of a copy of the shelf in a bucket."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    s3fs = pytest.importorskip("s3fs")
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://{}:{}".format(*server.get_host_and_port()))
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem.clear_instance_cache()
        bucket = s3fs.S3FileSystem()
        bucket.mkdir("bucket")
        bucket.put(str(local.root / "data" / "shelf"), URL.removeprefix("s3://"), recursive=True)
        yield URL
        s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def test_a_shelf_in_a_bucket_reads_as_the_local_one(local: Shop, store: str) -> None:
    far = Shelf(store)
    assert far.months("reviews") == local.shelf.months("reviews")
    assert far.read("orders").equals(local.shelf.read("orders"))
    assert far.digest("reviews") == local.shelf.digest("reviews")


def test_it_counts_to_the_same_bytes_and_keeps_the_tallies_beside_it(local: Shop, store: str, tmp_path: Path) -> None:
    home = shutil.copytree(local.root, tmp_path / "home", ignore=shutil.ignore_patterns("shelf", "tally"))
    (home / FILE).write_text(f'name = "{local.name}"\ncategory = "衣服"\nshelf = "{store}"\n', encoding="utf-8")
    counted: list[str] = []
    whole = Shop.open(home).count(progress=lambda path, done, total: counted.append(path.name))
    assert dumped(whole) == dumped(local.count())
    assert counted
    assert not (home / "data" / "tally").exists()
    assert dumped(Shop.open(home).count(progress=lambda path, done, total: counted.clear())) == dumped(whole)
    assert counted  # nothing was counted again


def test_it_is_not_loaded_into(store: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Shelf(store).intake()
    assert str(refused.value) == (
        f"expected a shelf in a local folder to load into, found {store}; load into a local shop and copy its "
        "data/shelf there"
    )


def test_a_url_that_nothing_here_understands_is_refused_with_what_to_install() -> None:
    with pytest.raises(SettingsError, match=r'found nosuch://a/b: .*; install "shopscore-analysis\[s3\]" for s3://'):
        Shelf("nosuch://a/b")
