"""podman on this machine: whether it is there, and how it has to be told what this machine allows."""

import os
import pathlib
import resource
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "target" / "pods"
PROGRAMS = ("podman", "runc", "conmon", "debootstrap")
CATATONIT = "/usr/libexec/podman/catatonit"
PACKAGES = "podman runc catatonit conmon netavark debootstrap".split()
# podman raises these limits to 1048576 unless it is told otherwise, which a machine with lower hard limits refuses.
LIMITS = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
MOST = {"nofile": 16384, "nproc": 32768}


class Absent(Exception):
    """What is needed is not on this machine and cannot be had; the text says what."""


def say(text):
    print("pods: " + text, file=sys.stderr, flush=True)


def run(words, failed=Absent, **options):
    """A command that must succeed; its own words are shown only when it does not."""
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if done.returncode:
        raise failed("%s: %s" % (" ".join(str(word) for word in words[:3]), (done.stderr or done.stdout).strip()[-600:]))
    return done.stdout


def podman(*words, **options):
    return run(["podman", *words], failed=AssertionError, **options)


def missing():
    """Programs that are not on this machine."""
    names = [name for name in PROGRAMS if not shutil.which(name)]
    return names + ([] if os.path.exists(CATATONIT) else ["catatonit"])


def check_machine():
    if os.geteuid() != 0:
        raise Absent("only root can make containers here")
    if os.uname().machine != "x86_64":
        raise Absent("the image is made for x86-64")


def install():
    """Installs what is missing from the distribution's packages. Raises `Absent` with the reason where it cannot."""
    check_machine()
    if not missing():
        return
    if not shutil.which("apt-get"):
        raise Absent("%s missing, and no apt-get" % ", ".join(missing()))
    say("installing " + " ".join(PACKAGES))
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run(["apt-get", "update", "-qq"], env=environment)
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], env=environment)


def prepare():
    """Makes podman usable. Raises `Absent` with the reason where it cannot."""
    check_machine()
    if missing():
        raise Absent("%s missing; `scripts/pods --install` installs it" % ", ".join(missing()))
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
    run(["podman", "info"])


def try_out(image):
    """Runs one container. Raises `Absent` where this machine cannot."""
    run(["podman", "run", "--rm", "--network", "none", "--memory", "64m", "--cpus", "0.5", image, "/usr/bin/python3", "-c", "pass"])
