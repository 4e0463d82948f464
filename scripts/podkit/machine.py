"""podman and an image with Python in it, made on this machine: no registry is asked.

Needs root. Debian packages and wheels come from where apt and pip of this machine look for them. What was made is kept: the image
in podman's storage, its archive in target/pods.
"""

import hashlib
import os
import pathlib
import resource
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "target" / "pods"
PACKAGES = "podman runc catatonit debootstrap netavark conmon iptables".split()
SUITE = "bookworm"
PYTHON = "3.11"
WHEELS = ["fastapi", "uvicorn", "uvloop", "httptools", "confluent-kafka"]
PLATFORMS = ["manylinux2014_x86_64", "manylinux_2_28_x86_64"]
# What is in no container's interest.
LEFT_OUT = ["./var/cache/apt", "./var/lib/apt/lists", "./usr/share/doc", "./usr/share/man", "./usr/share/locale", "./dev/*"]
# podman raises these limits to 1048576 unless it is told otherwise, which a machine with lower hard limits refuses.
LIMITS = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
MOST = {"nofile": 16384, "nproc": 32768}


class Absent(Exception):
    """What is needed is not on this machine and cannot be had; the text says what."""


def say(text):
    print("pods: " + text, file=sys.stderr, flush=True)


def run(words, **options):
    """A command that must succeed; its own words are shown only when it does not."""
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if done.returncode:
        raise Absent("%s: %s" % (" ".join(str(word) for word in words[:3]), (done.stderr or done.stdout).strip()[-600:]))
    return done.stdout


def podman(*words, **options):
    return run(["podman", *words], **options)


def prepare():
    """Makes podman usable. Raises `Absent` with the reason where it cannot."""
    if os.geteuid() != 0:
        raise Absent("only root can make containers here")
    if os.uname().machine != "x86_64":
        raise Absent("the image is made for x86-64")
    missing = [name for name in ("podman", "runc", "debootstrap") if not shutil.which(name)]
    if missing or not os.path.exists("/usr/libexec/podman/catatonit"):
        if not shutil.which("apt-get"):
            raise Absent("%s missing, and no apt-get" % ", ".join(missing))
        say("installing podman")
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        run(["apt-get", "update", "-qq"], env=environment)
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], env=environment)
    HOME.mkdir(parents=True, exist_ok=True)
    limits = []
    for name, number in LIMITS.items():
        hard = resource.getrlimit(number)[1]
        limit = MOST[name] if hard == resource.RLIM_INFINITY else min(hard, MOST[name])
        limits.append('"%s=%d:%d"' % (name, limit, limit))
    settings = HOME / "containers.conf"
    settings.write_text("[containers]\ndefault_ulimits = [%s]\n[engine]\nruntime = \"runc\"\n" % ", ".join(limits))
    # Nothing of the machine's own settings is changed.
    os.environ["CONTAINERS_CONF"] = str(settings)
    podman("info")


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


def images():
    """Names of the image and of the one without a shell; made where they are not there."""
    recipe = [SUITE, PYTHON, WHEELS, LEFT_OUT, pathlib.Path(__file__).read_text()]
    label = hashlib.sha256(repr(recipe).encode()).hexdigest()[:10]
    names = ["localhost/hangspy-pods:" + label, "localhost/hangspy-pods-bare:" + label]
    if any(subprocess.run(["podman", "image", "exists", name]).returncode for name in names):
        for name, archive in zip(names, archives(label)):
            say("importing %s" % archive.name)
            podman("import", "--quiet", archive, name)
    return names


def archives(label):
    """Archives of both root file systems."""
    whole, bare = HOME / ("whole-%s.tar" % label), HOME / ("bare-%s.tar" % label)
    if not (whole.exists() and bare.exists()):
        for old in HOME.glob("*.tar"):
            old.unlink()
        tree = HOME / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        say("making a root file system with Debian's Python and FastAPI (a minute or two)")
        run(["debootstrap", "--variant=minbase", "--include=python3", SUITE, tree, mirror()])
        platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
        target = tree / "opt" / "packages"
        run([sys.executable, "-m", "pip", "install", "--quiet", "--target", target, "--python-version", PYTHON]
            + ["--only-binary", ":all:", *platforms, *WHEELS])
        pack(tree, whole, [])
        pack(tree, bare, other_programs(tree))
        shutil.rmtree(tree)
    return whole, bare


def pack(tree, archive, without):
    excludes = ["--exclude=" + name for name in LEFT_OUT + without]
    part = archive.with_suffix(".part")
    run(["tar", "-C", tree, *excludes, "-cf", part, "."])
    part.rename(archive)


def other_programs(tree):
    """Every program but Python: shells, and whatever could serve as one."""
    folders = [folder for folder in ("bin", "sbin", "usr/bin", "usr/sbin") if not (tree / folder).is_symlink()]
    programs = [path for folder in folders for path in (tree / folder).iterdir() if not path.name.startswith("python3")]
    return ["./" + str(path.relative_to(tree)) for path in programs]
