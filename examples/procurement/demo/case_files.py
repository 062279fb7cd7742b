"""Where the demo's case comes from: somebody's folder, or one that is generated."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from examples.procurement.data import Case, load_case, write_case
from examples.procurement.data.load import REFERENCE, files_of
from examples.procurement.demo.options import DemoOptions
from examples.procurement.generator import LEARN_COUNT, STREAM_COUNT, make_case


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
        case = load_case(options.data_dir, strict=options.strict)
        return CaseFiles(f"data-{_digest(options.data_dir)}", case, options.data_dir)
    flips = "" if options.flip_share is None else f"-flips-{options.flip_share:g}"
    case_id = f"seed-{options.seed}{flips}"
    folder = options.demo_home / f"case-{case_id}"
    return CaseFiles(case_id, _generated(folder, options), folder)


def _generated(folder: Path, options: DemoOptions) -> Case:
    """As it was written before, or anew where more cycles need a longer stream."""
    later = LEARN_COUNT * (options.cycles - 1)
    if folder.exists():
        case = load_case(folder)
        if len(case.stream_requests) >= later:
            return case
        shutil.rmtree(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    stream_count = max(STREAM_COUNT, later)
    write_case(make_case(options.seed, options.flip_share, stream_count=stream_count), folder)
    return load_case(folder)


def _digest(folder: Path) -> str:
    """The same files have the same name, wherever they lie."""
    digest = hashlib.sha256()
    for path in files_of(folder):
        digest.update(path.read_bytes() + b"\x00")
    return digest.hexdigest()[:12]
