"""The programs around a service: nginx, Prometheus, Alertmanager and the blackbox exporter, as Debian has them."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

PACKAGES = ("nginx", "prometheus", "prometheus-alertmanager", "prometheus-blackbox-exporter")
# A program that does not answer by then never will, on a busy machine neither.
START_LIMIT_S = 60


class Absent(Exception):
    """What is needed is not on this machine and cannot be had; the text says what."""


def run(words, **options):
    words = [str(word) for word in words]
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, **options)
    except (OSError, subprocess.TimeoutExpired) as reason:
        raise Absent(str(reason)) from None
    if done.returncode:
        raise Absent("%s: %s" % (" ".join(words[:3]), done.stdout.decode(errors="replace").strip()[-400:]))


def programs():
    """The path of each program, by package. Raises `Absent` where one is missing."""
    found = {package: shutil.which(package, path=os.environ.get("PATH", "") + ":/usr/sbin") for package in PACKAGES}
    missing = [package for package, path in found.items() if not path]
    if missing:
        raise Absent("%s missing; on Debian root installs them: scripts/demo --alert --install" % ", ".join(missing))
    return found


def install():
    """Installs what is missing from Debian's packages. Raises `Absent` with the reason where it cannot."""
    try:
        programs()
        return
    except Absent as reason:
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise Absent("%s; only root, and where there is apt-get" % reason) from None
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run(["apt-get", "update", "-qq"], env=environment)
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], env=environment)
    programs()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cast:
    """Programs that run, each with a log, and are ended in any case."""

    def __init__(self, home):
        self.home = home
        self.running = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        end = time.monotonic() + 5
        for process in self.running.values():
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                # With whatever it has started: they share its session.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def start(self, name, words, **options):
        with open(str(self.log(name)), "wb") as log:
            words = [str(word) for word in words]
            null = subprocess.DEVNULL
            process = subprocess.Popen(words, stdin=null, stdout=log, stderr=log, start_new_session=True, **options)
        self.running[name] = process
        return process

    def log(self, name):
        return self.home / (name + ".log")

    def said(self, name):
        return self.log(name).read_text(errors="replace")

    def wait(self, what, condition, limit_s=START_LIMIT_S):
        """What the condition gives as soon as it is something. A program that has ended is an error."""
        end = time.monotonic() + limit_s
        while True:
            found = condition()
            if found:
                return found
            for name, process in self.running.items():
                if process.poll() is not None:
                    raise AssertionError("%s ended with %d: %s" % (name, process.returncode, self.said(name)[-1500:]))
            if time.monotonic() > end:
                logs = "\n".join("-- %s\n%s" % (name, self.said(name)[-600:]) for name in self.running)
                raise AssertionError("not within %d s: %s\n%s" % (limit_s, what, logs))
            time.sleep(0.1)


def answer(address, limit_s=5):
    """The status and the body of an answer; None where there is none yet."""
    try:
        with urllib.request.urlopen(address, timeout=limit_s) as got:
            return got.status, got.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except (urllib.error.URLError, OSError):
        return None


def say(text=""):
    print(text, file=sys.stdout, flush=True)
