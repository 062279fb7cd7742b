"""Renders kustomize overlays: with kubectl, with kustomize, or with one built from the Go proxy."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from deploy.local.process import NotAvailableError

GO_MODULE = "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1"
KUBECTL_MINOR_MIN = 27  # earlier ones carry a kustomize without components and labels


def command(cache: Path) -> list[str]:
    """The words that render a folder when it is appended to them."""
    if shutil.which("kubectl") and _kubectl_minor() >= KUBECTL_MINOR_MIN:
        return ["kubectl", "kustomize"]
    built = cache.resolve() / "bin" / "kustomize"
    if found := shutil.which("kustomize") or (built.exists() and str(built)):
        return [found, "build"]
    if not shutil.which("go"):
        raise NotAvailableError("neither kubectl, kustomize nor go is here: install one of them")
    environment = os.environ | {"GOBIN": str(built.parent)}
    subprocess.run(["go", "install", GO_MODULE], check=True, env=environment)
    return [str(built), "build"]


def _kubectl_minor() -> int:
    done = subprocess.run(
        ["kubectl", "version", "--client"], check=False, capture_output=True, text=True
    )
    found = re.search(r"v1\.(\d+)", done.stdout)
    return int(found.group(1)) if found else 0


def render(folder: Path, cache: Path) -> str:
    """The manifests of an overlay, as one YAML stream."""
    words = [*command(cache), str(folder)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
