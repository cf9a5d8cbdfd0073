"""Makes a virtual environment with everything that tel is measured beside."""

import argparse
import subprocess
import sys
import venv
from pathlib import Path

PACKAGES = ["numpy", "scipy", "onnx", "onnxruntime", "openvino", "h5py", "safetensors", "pillow", "opencv-python-headless"]
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).resolve().parents[2] / ".peers"
    parser.add_argument("--dir", type=Path, default=default, help="where it goes (default: .peers in the repository)")
    folder = parser.parse_args().dir
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "pip"), "install", "--quiet"]
    # The wheels without CUDA are a tenth of the size; PyPI's do as well.
    if subprocess.run(pip + ["torch", "--index-url", CPU_WHEELS]).returncode != 0:
        subprocess.run(pip + ["torch"], check=True)
    subprocess.run(pip + PACKAGES, check=True)
    print(f"now: {folder / 'bin' / 'python'} {Path(__file__).with_name('race.py')}", file=sys.stderr)


if __name__ == "__main__":
    main()
