"""scripts/kubectl-hangspy against a kubectl that maps to podman: every way in, and what is left behind."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from machine import HOME, ROOT, podman
from pod import TOOL, command, running

PLUGIN = ROOT / "scripts" / "kubectl-hangspy"
STAND_IN = pathlib.Path(__file__).with_name("stand_in.py")
NO_WAY_IN = 69
PATH = "/usr/local/sbin:/usr/local/bin:/usr/bin:/bin"


def environment():
    """A PATH with the stand-in as kubectl and without any hangspy."""
    folder = HOME / "kubectl"
    folder.mkdir(exist_ok=True)
    link = folder / "kubectl"
    if not link.exists():
        link.symlink_to(STAND_IN)
    return dict(os.environ, PATH="%s:%s" % (folder, PATH), HANGSPY_IMAGE="")


def words(pod, *arguments):
    return [str(PLUGIN), pod.name, "-c", "web", *map(str, arguments)]


def ask(pod, *arguments):
    return command(words(pod, *arguments), limit=120, env=environment())


def begin(pod, *arguments):
    """A plugin at work, in a process group of its own, as a terminal has it."""
    return subprocess.Popen(
        words(pod, *arguments),
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def interrupt(client):
    """Ctrl-C."""
    os.killpg(client.pid, signal.SIGINT)


def leftovers(pod):
    """Copies of ours in the pod's web container."""
    root = "/proc/%d/root" % pod.pid()
    places = ["/tmp", "/dev/shm", "/var/tmp", "/run", "/home", ""]
    return [place + "/" + name for place in places for name in os.listdir(root + place + "/") if name.startswith(".hangspy")]


def image():
    """An image with nothing in it but the static hangspy."""
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder)
        (tree / "usr" / "local" / "bin").mkdir(parents=True)
        shutil.copy2(TOOL / "hangspy", tree / "usr" / "local" / "bin" / "hangspy")
        archive = HOME / "tool.tar"
        subprocess.run(["tar", "-C", str(tree), "-cf", str(archive), "."], check=True)
    name = "localhost/hangspy-tool:%d" % os.getpid()
    podman("import", "--quiet", "--change", "ENV PATH=/usr/local/sbin:/usr/local/bin", archive, name)
    archive.unlink()
    return name


def is_running(pod):
    return bool(running("hangspy", pod)) or any(running(name, pod) for name in copies(pod))


def copies(pod):
    return [os.path.basename(path) for path in leftovers(pod)]
