"""Runs tel's kernel under Jupyter's own clients: every message, interrupts, many cells, lost clients, nbclient.

    python3 Tests/Peers/environment.py && .peers/bin/python Tests/Peers/jupyter_peer.py [--tel .build/release/tel]

What is missing of jupyter_client, nbclient and nbformat is installed into the environment that runs this.
"""

import argparse
import base64
import importlib.util
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
NEEDED = ["jupyter_client", "nbclient", "nbformat"]
missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
if missing:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *missing], check=True)

import nbformat  # noqa: E402
from jupyter_client.kernelspec import KernelSpecManager  # noqa: E402
from jupyter_client.manager import KernelManager  # noqa: E402
from nbclient import NotebookClient  # noqa: E402

failures = 0


def check(name: str, holds: bool, detail: object = "") -> None:
    global failures
    failures += not holds
    print(f"{'ok  ' if holds else 'FAIL'}  {name}" + (f"  ({detail})" if detail != "" else ""), flush=True)


class Kernel:
    """A kernel with a client, both ended on the way out."""

    def __enter__(self):
        start = time.perf_counter()
        self.manager = KernelManager(kernel_name="tel")
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=20)
        self.seconds = time.perf_counter() - start
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=False)

    def run(self, code: str, timeout: float = 20, **options):
        """The answer to a cell, and all that was published for it."""
        return self.wait(self.client.execute(code, **options), timeout)

    def wait(self, id: str, timeout: float = 20):
        reply = self.client._recv_reply(id, timeout=timeout)
        published = []
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != id:
                continue
            published.append(message)
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return reply, published

    def ask(self, id: str):
        return self.client._recv_reply(id, timeout=10)["content"]


def of(messages, kind):
    return [message["content"] for message in messages if message["msg_type"] == kind]


def messages(kernel: Kernel) -> None:
    info = kernel.ask(kernel.client.kernel_info())
    check("kernel_info", info["protocol_version"] == "5.4" and info["language_info"]["name"] == "lua")
    reply, out = kernel.run("print('a') x = 1\nx + 1")
    check("execute: stream, result", of(out, "stream")[0]["text"] == "a\n" and of(out, "execute_result")[0]["data"]["text/plain"] == "2")
    check("execution_count", reply["content"]["execution_count"] == 1)
    reply, out = kernel.run("local function f() error('boo') end\nlocal function g() f() end\ng()")
    error = of(out, "error")[0]
    check("error with traceback", "boo" in error["evalue"] and any("input 2:2" in line for line in error["traceback"]), error["evalue"])
    reply, out = kernel.run("print('unheard')", silent=True)
    check("silent", {m["msg_type"] for m in out} == {"status"} and reply["content"]["execution_count"] == 3)
    reply, _ = kernel.run("x", store_history=False)
    check("store_history", kernel.run("x")[0]["content"]["execution_count"] == 3)
    reply, _ = kernel.run("", user_expressions={"a": "x + 1"})
    check("user_expressions", reply["content"]["user_expressions"]["a"]["data"]["text/plain"] == "2")
    answer = kernel.ask(kernel.client.complete("tel.tree.m", 10))
    check("complete", answer["matches"] == ["mst"] and answer["cursor_start"] == 9)
    answer = kernel.ask(kernel.client.inspect("tel.tree.mst", 12))
    check("inspect", answer["found"] and "spanning" in answer["data"]["text/plain"])
    for code, status in [("x = 1", "complete"), ("for i = 1, 2 do", "incomplete"), ("x = =", "invalid")]:
        check(f"is_complete: {status}", kernel.ask(kernel.client.is_complete(code))["status"] == status)
    history = kernel.ask(kernel.client.history(hist_access_type="tail", n=1))["history"]
    check("history", history[-1][2] == "x", history)
    check("comm_info", kernel.ask(kernel.client.comm_info())["comms"] == {})
    message = kernel.client.session.msg("comm_open", {"comm_id": "c", "target_name": "t", "data": {}})
    kernel.client.shell_channel.send(message)
    deadline = time.time() + 5
    closed = False
    while time.time() < deadline and not closed:
        closed = kernel.client.get_iopub_msg(timeout=5)["msg_type"] == "comm_close"
    check("comm_open is answered", closed)
    _, out = kernel.run("tel.show(tel.zeros(3, 4, 4)) for i = 1, 3 do tel.show({1, i}, {id = 'c'}) end")
    shown, updates = of(out, "display_data"), of(out, "update_display_data")
    png = base64.b64decode(shown[0]["data"]["image/png"])
    check("display_data", png.startswith(b"\x89PNG") and "image/svg+xml" in shown[1]["data"])
    check("update_display_data", len(updates) == 2 and updates[0]["transient"] == shown[1]["transient"])
    ids = [kernel.client.execute(code) for code in ["error('no')", "print(1)", "print(2)"]]
    states = [kernel.wait(id)[0]["content"]["status"] for id in ids]
    check("stop_on_error", states == ["error", "aborted", "aborted"], states)
    check("heartbeat", kernel.client.hb_channel.is_beating())


def streams_come_at_once(kernel: Kernel) -> None:
    id = kernel.client.execute("print('now') local t = os.clock() while os.clock() - t < 1.5 do end")
    start = time.perf_counter()
    while kernel.client.get_iopub_msg(timeout=10)["msg_type"] != "stream":
        pass
    seconds = time.perf_counter() - start
    check("print appears before the cell ends", seconds < 0.5, f"{1000 * seconds:.0f} ms")
    kernel.wait(id)


def interrupts(kernel: Kernel) -> None:
    cells = {
        "Lua loop": "while true do pcall(function() while true do end end) end",
        "convolutions": "local x, w = tel.rand(4, 64, 128, 128), tel.rand(64, 64, 3, 3) while true do tel.nn.conv2d(x, w, nil, {padding = 1}) end",
    }
    for name, code in cells.items():
        for way in ["message", "signal"]:
            id = kernel.client.execute("print(1) " + code)
            while kernel.client.get_iopub_msg(timeout=10)["msg_type"] != "stream":
                pass
            time.sleep(0.2)
            start = time.perf_counter()
            if way == "message":
                kernel.manager.interrupt_kernel()
            else:
                os.kill(kernel.manager.provisioner.pid, signal.SIGINT)
            reply, _ = kernel.wait(id)
            seconds = time.perf_counter() - start
            check(f"interrupt of a {name} by {way}", reply["content"]["ename"] == "Interrupted" and seconds < 0.5, f"{1000 * seconds:.0f} ms")


def many_cells(kernel: Kernel) -> None:
    ids = [kernel.client.execute(f"print({i})") for i in range(1000)]
    replies = {kernel.client.get_shell_msg(timeout=20)["parent_header"]["msg_id"] for _ in ids}
    idle, printed = set(), {}
    while len(idle) < len(ids):
        message = kernel.client.get_iopub_msg(timeout=20)
        parent = message["parent_header"].get("msg_id")
        if message["msg_type"] == "stream":
            printed[parent] = printed.get(parent, "") + message["content"]["text"]
        elif message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            idle.add(parent)
    whole = replies == set(ids) and all(printed.get(id) == f"{i}\n" for i, id in enumerate(ids))
    check("1,000 quick cells, no message lost", whole)
    reply, out = kernel.run("for i = 1, 100000 do print(i) end", timeout=60)
    text = "".join(content["text"] for content in of(out, "stream"))
    check("100,000 lines arrive in order", text == "".join(f"{i}\n" for i in range(1, 100001)), f"{len(of(out, 'stream'))} messages")


def round_trips(kernel: Kernel) -> None:
    times = []
    for _ in range(200):
        start = time.perf_counter()
        kernel.client._recv_reply(kernel.client.execute(""), timeout=10)
        times.append(time.perf_counter() - start)
    check("round trip of an empty cell below 5 ms", statistics.median(times) < 0.005, f"median {1000 * statistics.median(times):.2f} ms, most {1000 * max(times):.1f} ms")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def lost_client() -> None:
    code = (
        "from jupyter_client.manager import KernelManager; import time\n"
        "m = KernelManager(kernel_name='tel'); m.start_kernel(); c = m.client(); c.start_channels(); c.wait_for_ready(timeout=20)\n"
        "CELL; print(m.provisioner.pid, flush=True); time.sleep(60)"
    )
    for name, cell in [("an idle kernel", "pass"), ("a kernel at work", "c.execute('while true do end'); time.sleep(0.5)")]:
        client = subprocess.Popen([sys.executable, "-c", code.replace("CELL", cell)], stdout=subprocess.PIPE, text=True)
        pid = int(client.stdout.readline())
        client.kill()
        start = time.perf_counter()
        while alive(pid) and time.perf_counter() - start < 10:
            time.sleep(0.05)
        check(f"{name} ends with its client", not alive(pid), f"{time.perf_counter() - start:.1f} s after the client was killed")
        client.wait()


def restart() -> None:
    with Kernel() as kernel:
        kernel.run("x = 1")
        old = kernel.manager.provisioner.pid
        kernel.client.stop_channels()
        start = time.perf_counter()
        kernel.manager.restart_kernel(now=False)
        kernel.client = kernel.manager.client()
        kernel.client.start_channels()
        kernel.client.wait_for_ready(timeout=20)
        seconds = time.perf_counter() - start
        reply, _ = kernel.run("return x")
        check("restart forgets everything", reply["content"]["status"] == "error" and kernel.manager.provisioner.pid != old, f"{seconds:.1f} s")


def notebooks(tel: Path, folder: Path) -> None:
    tour = REPOSITORY / "recipes" / "tour.lua"
    subprocess.run([tel, "notebook", tour, folder / "tour.ipynb"], check=True)
    notebook = nbformat.read(folder / "tour.ipynb", as_version=4)
    nbformat.validate(notebook)
    check("the tour is a valid notebook", (notebook.nbformat, notebook.nbformat_minor) == (4, 5))
    start = time.perf_counter()
    NotebookClient(notebook, timeout=300, kernel_name="tel", resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    pictures = [output for output in outputs if any(kind.startswith("image/") for kind in output.get("data", {}))]
    errors = [output for output in outputs if output.output_type == "error"]
    check("nbclient runs the tour, with its pictures", not errors and len(pictures) >= 10, f"{len(pictures)} pictures, {time.perf_counter() - start:.0f} s")
    nbformat.validate(notebook)
    nbformat.write(notebook, folder / "run.ipynb")
    subprocess.run([tel, "notebook", folder / "run.ipynb", folder / "back.lua"], check=True)
    check("and back it is the same file", (folder / "back.lua").read_bytes() == tour.read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tel", type=Path, default=REPOSITORY / ".build" / "release" / "tel")
    tel = parser.parse_args().tel.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["JUPYTER_DATA_DIR"] = str(folder / "jupyter")
        os.environ["JUPYTER_RUNTIME_DIR"] = str(folder / "runtime")
        os.environ["XDG_STATE_HOME"] = str(folder / "state")
        subprocess.run([tel, "kernel", "install"], check=True)
        spec = KernelSpecManager().get_kernel_spec("tel")
        check("the kernel is known", spec.argv[0] == str(tel) and spec.interrupt_mode == "message", json.dumps(spec.argv))
        os.chdir(folder)
        with Kernel() as kernel:
            messages(kernel)
            streams_come_at_once(kernel)
            interrupts(kernel)
            many_cells(kernel)
            round_trips(kernel)
        seconds = []
        for _ in range(5):
            with Kernel() as kernel:
                seconds.append(kernel.seconds)
        check("start to ready below 0.5 s", statistics.median(seconds) < 0.5, f"median {statistics.median(seconds):.2f} s, jupyter_client's own waiting included")
        restart()
        lost_client()
        notebooks(tel, folder)
    if failures:
        sys.exit(f"{failures} checks failed")


if __name__ == "__main__":
    main()
