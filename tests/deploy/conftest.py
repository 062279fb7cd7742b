"""What the tests of the manifests share."""

import pytest

from tests.deploy.rendered import OVERLAYS, Manifest, rendered


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    """Each overlay in turn."""
    return rendered(request.param)
