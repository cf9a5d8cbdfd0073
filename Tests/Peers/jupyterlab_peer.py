"""Opens JupyterLab in a headless browser, runs a cell of a tel notebook, and looks whether its picture shows.

    .peers/bin/python Tests/Peers/jupyterlab_peer.py [--tel .build/release/tel] [--browser /usr/bin/chromium] [--screenshot FILE]

What is missing of jupyterlab and playwright is installed into the environment that runs this; the browser is the system's Chromium
(Debian's package chromium).
"""

import argparse
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
missing = [name for name in ["jupyterlab", "playwright"] if importlib.util.find_spec(name) is None]
if missing:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *missing], check=True)

from playwright.sync_api import sync_playwright  # noqa: E402

SOURCE = """--%% [markdown]
-- # A picture

--%% Shown
print("hello from tel")
tel.show(tel.rand(3, 8, 8))

--%% Trained
local data = tel.data.scenes{size = {64, 64}, count = 2, labels = "block10"}
tel.train(tel.recipe{name = "lab", iterations = 5, batch = 1, data = {train = data},
  model = tel.models.hrnet{classes = 11, width = 4, modules = {1, 1, 1}, blocks = 1, bottlenecks = 1, stem = 8},
  loss = {tel.loss.cross_entropy{}}, optimizer = tel.optim.sgd{lr = 0.01}});
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tel", type=Path, default=REPOSITORY / ".build" / "release" / "tel")
    parser.add_argument("--browser", default=shutil.which("chromium") or shutil.which("google-chrome"))
    parser.add_argument("--screenshot", type=Path)
    options = parser.parse_args()
    if not options.browser:
        sys.exit("skipped: there is no Chromium")
    tel = options.tel.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = os.environ | {
            "JUPYTER_DATA_DIR": f"{folder}/data", "JUPYTER_RUNTIME_DIR": f"{folder}/runtime",
            "JUPYTER_CONFIG_DIR": f"{folder}/config", "XDG_STATE_HOME": f"{folder}/state",
        }
        subprocess.run([tel, "kernel", "install"], check=True, env=environment)
        work = folder / "work"
        work.mkdir()
        (work / "n.lua").write_text(SOURCE)
        subprocess.run([tel, "notebook", work / "n.lua", work / "n.ipynb"], check=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token=t",
             f"--ServerApp.root_dir={work}", "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(120):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token=t", timeout=1)
                    break
                except OSError:
                    time.sleep(0.5)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=options.browser, args=["--no-sandbox"])
                page = browser.new_page(viewport={"width": 1200, "height": 1600})
                page.goto(f"http://127.0.0.1:{port}/lab/tree/n.ipynb?token=t")
                page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=90_000)
                # The notebook's own indicator says idle before there is a kernel, and cells that are run then do nothing.
                page.wait_for_selector("text='tel | Idle'", timeout=60_000)
                page.click(".jp-MainAreaWidget:not(.lm-mod-hidden) .jp-Notebook .jp-CodeCell .cm-content")
                page.click("text=Run >> nth=0")
                page.click(".lm-Menu-itemLabel:text-is('Run All Cells')")
                picture = ".jp-OutputArea-output img[src^='data:image/png']"
                page.wait_for_selector(picture, timeout=60_000)
                width = page.eval_on_selector(picture, "image => image.naturalWidth")
                text = page.inner_text(".jp-OutputArea-output >> nth=0")
                # An SVG shows as an image, too.
                curve = ".jp-OutputArea-output[data-mime-type='image/svg+xml']"
                page.wait_for_selector(curve, timeout=60_000)
                page.wait_for_timeout(2000)
                progress = page.locator(".jp-OutputArea-output", has_text="train 5/5").count()
                if options.screenshot:
                    page.screenshot(path=options.screenshot)
                browser.close()
        finally:
            server.terminate()
            server.wait()
    print(f"the text is {text.strip()!r}, the picture {width} pixels wide, the curve shows, lines of progress: {progress}")
    if width < 8 or "hello from tel" not in text or progress != 1:
        sys.exit("FAIL")
    print("ok  a cell runs in JupyterLab and its picture shows")


if __name__ == "__main__":
    main()
