"""One dictionary for all tests of this folder: it takes 0.1 s to load."""

import pytest

from voice.speakable import Speaker


@pytest.fixture(scope="session")
def russian() -> Speaker:
    return Speaker("ru")


@pytest.fixture(scope="session")
def english() -> Speaker:
    return Speaker("en")
