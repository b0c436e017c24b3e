"""A run that others are compared with."""

import pytest

from training.small_runs import NUM_UPDATES, small_mlm


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    model, progress = small_mlm(tmp_path_factory.mktemp("undisturbed"))
    assert progress.update == NUM_UPDATES
    return model, progress
