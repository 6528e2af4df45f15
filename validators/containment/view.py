"""Which of the machine's files a program may read: one list, for bubblewrap's private root and for Landlock.

The system's programs and libraries, Python, the packages that programs run on, and this project's validators.  No home
directory, no working directory, no /proc, no /sys.
"""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime")
_PACKAGES = ("torch", "triton", "numpy", "sympy")
_OURS = ("validators", "operators")
#: what CUDA's libraries open; the CUDA driver's documentation and container toolkits list the same
_CUDA_DEVICES = "nvidia*"
PLAIN_DEVICES = (Path("/dev/null"), Path("/dev/zero"), Path("/dev/full"), Path("/dev/random"), Path("/dev/urandom"))


def readable(project: Path) -> list[Path]:
    """The paths as they are named, shortest first, none below another; `project` holds the packages of this one."""
    found = [Path(path) for path in _SYSTEM]
    found += [Path("/etc") / name for name in _SETTINGS]
    found += [Path(path) for path in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)]
    found += [Path(os.path.realpath(sys.executable)).parent]
    found += [Path(path) for path in [*site.getsitepackages(), site.getusersitepackages()]]
    found += [folder for name in _PACKAGES if (folder := _folder_of(name)) is not None]
    found += [Path(path) for path in os.environ.get("LD_LIBRARY_PATH", "").split(":") if path.startswith("/")]
    found += [project / name for name in _OURS]
    return _outermost(path for path in found if path.exists())


def cuda_devices() -> list[Path]:
    """The device files of NVIDIA GPUs."""
    return sorted(Path("/dev").glob(_CUDA_DEVICES))


def _folder_of(package: str) -> Path | None:
    """Where a package lies; it is not imported for that."""
    spec = find_spec(package)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent.parent


def _outermost(paths: Iterable[Path]) -> list[Path]:
    kept: list[Path] = []
    for path in sorted(set(paths), key=lambda p: (len(p.parts), p)):
        if path != Path("/") and not any(path.is_relative_to(outer) for outer in kept):
            kept.append(path)
    return kept
