"""Pods: a manifest as Kubernetes writes it, played by podman, and commands in it."""

import contextlib
import ctypes
import json
import os
import re
import socket
import subprocess
import time

from machine import HOME, ROOT, podman

SERVICE = ROOT / "fixtures" / "pod"
TOOL = HOME / "tool"
PORT = 8000
BROKER = "127.0.0.1:9092"
# A health check that takes longer than this has failed, for any monitoring.
HEALTH_LIMIT_S = 2
# Starting a pod on a busy machine takes seconds, not minutes.
START_LIMIT_S = 90
# Of Linux `include/uapi/linux/sched.h`.
CLONE_NEWNET = 0x40000000
# Accepts connections and never answers: a broker that lost its quorum.
SILENT_BROKER = """
import socket
door = socket.create_server(('127.0.0.1', 9092))
kept = []
while True:
    kept.append(door.accept())
"""

WEB = {
    "name": "web",
    "command": ["/usr/bin/python3", "-m", "uvicorn", "app:app", "--host", "0.0.0.0", "--port", str(PORT)],
    "workingDir": "/app",
    "env": [
        {"name": "PYTHONPATH", "value": "/opt/packages"},
        {"name": "PYTHONDONTWRITEBYTECODE", "value": "1"},
        {"name": "KAFKA_BROKER", "value": BROKER},
    ],
    "resources": {"limits": {"cpu": "800m", "memory": "819Mi"}},
    "volumeMounts": [
        {"name": "app", "mountPath": "/app", "readOnly": True},
        {"name": "tool", "mountPath": "/tool", "readOnly": True},
    ],
}
# The very sidecar that the README recommends.
SIDECAR = {
    "name": "hangspy",
    "command": ["/usr/bin/sleep", "infinity"],
    "securityContext": {"runAsUser": 0, "capabilities": {"add": ["SYS_PTRACE"]}},
    "resources": {"limits": {"cpu": "50m", "memory": "128Mi"}},
    "volumeMounts": [{"name": "tool", "mountPath": "/tool", "readOnly": True}],
}
HARDENED = {
    "runAsUser": 10001,
    "runAsGroup": 10001,
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


class Pod:
    """A pod with a web service and its broker; gone at the end of a `with`."""

    def __init__(self, name, image, web_image=None, hardened=False, sidecar=False):
        self.name = "hangspy-%s-%d" % (name, os.getpid())
        web = dict(WEB, image=web_image or image)
        if hardened:
            web["securityContext"] = HARDENED
        broker = {"name": "broker", "image": image, "command": ["/usr/bin/python3", "-c", SILENT_BROKER.strip()]}
        containers = [web, broker] + ([dict(SIDECAR, image=image)] if sidecar else [])
        volumes = [{"name": name, "hostPath": {"path": str(path), "type": "Directory"}} for name, path in (("app", SERVICE), ("tool", TOOL))]
        spec = {"restartPolicy": "Never", "containers": containers, "volumes": volumes, "shareProcessNamespace": sidecar}
        self.manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": self.name}, "spec": spec}

    def __enter__(self):
        path = HOME / (self.name + ".json")
        path.write_text(json.dumps(self.manifest, indent=1))
        try:
            podman("play", "kube", "--network", "none", path)
        except BaseException:
            self.__exit__()
            raise
        finally:
            path.unlink()
        return self

    def __exit__(self, *_):
        subprocess.run(["podman", "pod", "rm", "--force", "--time", "0", self.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def container(self, name):
        return "%s-%s" % (self.name, name)

    def pid(self, container="web"):
        """The pid of a container's first process, as the node numbers it."""
        return int(inspect(self.container(container), "{{.State.Pid}}"))

    def hang(self):
        """Waits until `/api/health` does not answer any more. Returns the connection of the check, which is still open."""
        return wait_until_hung(self.pid())

    def exec(self, container, *words, **options):
        return execute(self.container(container), *words, **options)


class MappedPod(Pod):
    """The same service with users of its own: root in it is nobody outside. podman cannot do that from a manifest."""

    # Above what this machine gives to people.
    MAPPING = "0:1500000:65536"

    def __enter__(self):
        try:
            podman("pod", "create", "--name", self.name, "--network", "none", "--uidmap", self.MAPPING, "--gidmap", self.MAPPING)
            for container in self.manifest["spec"]["containers"]:
                self.start(container)
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self, container):
        words = ["--name", self.container(container["name"]), "--workdir", container.get("workingDir", "/")]
        if "resources" in container:
            words += ["--cpus", "0.8", "--memory", "819m", "--memory-swap", "819m"]
        for variable in container.get("env", ()):
            words += ["--env", "%(name)s=%(value)s" % variable]
        paths = {volume["name"]: volume["hostPath"]["path"] for volume in self.manifest["spec"]["volumes"]}
        for mount in container.get("volumeMounts", ()):
            words += ["--volume", "%s:%s:ro" % (paths[mount["name"]], mount["mountPath"])]
        podman("run", "--detach", "--pod", self.name, *words, container["image"], *container["command"])


def inspect(container, what):
    return podman("inspect", container, "--format", what).strip()


@contextlib.contextmanager
def network_of(pid):
    """What is opened within belongs to the network of a process: nothing else leads into a pod."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as home, open("/proc/%d/ns/net" % pid) as there:
        check_entered(libc.setns(there.fileno(), CLONE_NEWNET))
        try:
            yield
        finally:
            check_entered(libc.setns(home.fileno(), CLONE_NEWNET))


def check_entered(answer):
    if answer:
        raise AssertionError("setns: " + os.strerror(ctypes.get_errno()))


def wait_until_hung(pid):
    """Asks for `/api/health` until it was answered once and then is not answered in time."""
    end = time.monotonic() + START_LIMIT_S
    answered = False
    while time.monotonic() < end:
        try:
            with network_of(pid):
                connection = socket.create_connection(("127.0.0.1", PORT), HEALTH_LIMIT_S)
        except OSError:
            time.sleep(0.1)
            continue
        connection.settimeout(HEALTH_LIMIT_S)
        try:
            connection.sendall(b"GET /api/health HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
            answered = connection.recv(64).startswith(b"HTTP/1.1 200") or answered
        except TimeoutError:
            if answered:
                return connection
        except OSError:
            pass
        connection.close()
        time.sleep(0.2)
    raise AssertionError("the service was meant to answer and then to hang, and did not")


class Done:
    """How a command ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def report(self):
        return json.loads(self.out)

    def __str__(self):
        return "exit code %s\n%s\n%s" % (self.code, self.out.strip(), self.err.strip())


def command(words, limit=60, **options):
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=limit, **options)
    return Done(done.returncode, done.stdout, done.stderr)


def execute(container, *words, user=None):
    return command(["podman", "exec", *(["--user", user] if user else []), container, *words])


def running(name, pod):
    """Pids, as the node numbers them, of processes in a pod's web container that run a program of this name."""
    found = []
    namespace = os.readlink("/proc/%d/ns/pid" % pod.pid())
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink("/proc/%s/ns/pid" % pid) != namespace:
                continue
            if os.path.basename(re.sub(" \\(deleted\\)$", "", os.readlink("/proc/%s/exe" % pid))) == name:
                found.append(int(pid))
        except OSError:
            continue
    return found
