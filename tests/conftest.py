"""What several test files need: the real data, when it is there."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder with the real data and models, beside the repository.

    They are not ours to ship, so a clone elsewhere has none and skips the tests that need them;
    where CI runs they must be there.
    """
    beside = Path(__file__).parents[2] / "shared"
    folder = Path(os.environ.get("LINGWEAVE_SHARED", beside))
    if not folder.is_dir():
        message = f"no real data at {folder} (set LINGWEAVE_SHARED)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder
