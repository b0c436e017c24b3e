"""What several test files need: the real data, when it is there."""

import os
from pathlib import Path

import pytest
import torch
from hypothesis import settings

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("lingweave", deadline=None)
settings.load_profile("lingweave")


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


@pytest.fixture
def one_thread():
    """Compute as one of several processes does, which has one thread.

    Two threads add up in another order. The rounding is another then, and where a gradient is zero
    but for rounding, Adam steps by its sign: losses part soon.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
