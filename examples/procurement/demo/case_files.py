"""Where the demo's case comes from: somebody's folder, or one that is generated."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from examples.procurement.data import Case, load_case, write_case
from examples.procurement.data.load import FILES, REFERENCE
from examples.procurement.demo.options import DemoOptions
from examples.procurement.generator import make_case


@dataclass(frozen=True)
class CaseFiles:
    """A checked case, and the name that tells it from every other one."""

    case_id: str
    case: Case
    folder: Path

    @property
    def reference_path(self) -> Path:
        return self.folder / REFERENCE


def open_case(options: DemoOptions) -> CaseFiles:
    """Load the given folder, or write and load the generated one; raises `DataError`."""
    if options.data_dir is not None:
        case = load_case(options.data_dir)
        return CaseFiles(f"data-{_digest(options.data_dir)}", case, options.data_dir)
    flips = "" if options.flip_share is None else f"-flips-{options.flip_share:g}"
    case_id = f"seed-{options.seed}{flips}"
    folder = options.demo_home / f"case-{case_id}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        write_case(make_case(options.seed, options.flip_share), folder)
    return CaseFiles(case_id, load_case(folder), folder)


def _digest(folder: Path) -> str:
    """The same files have the same name, wherever they lie."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update((folder / name).read_bytes() + b"\x00")
    return digest.hexdigest()[:12]
