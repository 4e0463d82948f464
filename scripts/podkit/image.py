"""An image with Python in it, and one without a shell, made on this machine: no registry is asked.

Debian packages and wheels come from where apt and pip of this machine look for them. What was made is kept in podman's storage.
"""

import fcntl
import hashlib
import pathlib
import shutil
import subprocess
import sys

from machine import HOME, Absent, run, say

KEPT = pathlib.Path.home() / ".cache" / "hangspy"
REPOSITORY = "localhost/hangspy-pods"
SUITE = "bookworm"
PYTHON = "3.11"
WHEELS = ["fastapi", "uvicorn", "uvloop", "httptools", "confluent-kafka"]
PLATFORMS = ["manylinux2014_x86_64", "manylinux_2_28_x86_64"]
# What is in no container's interest.
LEFT_OUT = ["./var/cache/apt", "./var/lib/apt/lists", "./usr/share/doc", "./usr/share/man", "./usr/share/locale", "./dev/*"]


def images():
    """Names of the image and of the one without a shell; made where they are not there."""
    label = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()[:10]
    whole, bare = "%s:%s" % (REPOSITORY, label), "%s-bare:%s" % (REPOSITORY, label)
    KEPT.mkdir(parents=True, exist_ok=True)
    # podman's storage is the machine's: another checkout may be making the same images.
    with open(KEPT / "pods.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if any(subprocess.run(["podman", "image", "exists", name]).returncode for name in (whole, bare)):
            make(whole, bare)
    return whole, bare


def make(whole, bare):
    say("making images with Debian's Python and FastAPI (a minute or two)")
    tree = HOME / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    run(["debootstrap", "--variant=minbase", "--include=python3", SUITE, tree, mirror()])
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    target = tree / "opt" / "packages"
    run([sys.executable, "-m", "pip", "install", "--quiet", "--target", target, "--python-version", PYTHON]
        + ["--only-binary", ":all:", *platforms, *WHEELS])
    forget_others()
    pack(tree, whole, [])
    pack(tree, bare, other_programs(tree))
    shutil.rmtree(tree)


def mirror():
    """Where apt of this machine looks for packages."""
    texts = [path.read_text(errors="replace") for path in pathlib.Path("/etc/apt").glob("sources.list*") if path.is_file()]
    texts += [path.read_text(errors="replace") for path in pathlib.Path("/etc/apt/sources.list.d").glob("*")]
    words = [word for text in texts for line in text.splitlines() if line.startswith(("URIs:", "deb ")) for word in line.split()]
    # Other vendors' packages are configured in the same way.
    addresses = [word for word in words if word.startswith("http") and word.rstrip("/").endswith("/debian")]
    if not addresses:
        raise Absent("no Debian mirror is configured for apt")
    return addresses[0]


def forget_others():
    """Removes the images that an older recipe left; podman refuses that for one that is in use."""
    kept = run(["podman", "images", "--quiet", "--filter", "reference=%s*" % REPOSITORY]).split()
    for image in kept:
        subprocess.run(["podman", "rmi", image], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def pack(tree, name, without):
    archive = HOME / "image.tar"
    excludes = ["--exclude=" + path for path in LEFT_OUT + without]
    try:
        run(["tar", "-C", tree, *excludes, "-cf", archive, "."])
        run(["podman", "import", "--quiet", archive, name])
    finally:
        archive.unlink(missing_ok=True)


def other_programs(tree):
    """Every program but Python: shells, and whatever could serve as one."""
    folders = [folder for folder in ("bin", "sbin", "usr/bin", "usr/sbin") if not (tree / folder).is_symlink()]
    programs = [path for folder in folders for path in (tree / folder).iterdir() if not path.name.startswith("python3")]
    return ["./" + str(path.relative_to(tree)) for path in programs]
