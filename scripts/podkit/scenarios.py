"""What is shown in real containers. Every function is one test; its name, without underscores, is the line that is printed."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

import plugin
from machine import HOME, podman
from pod import BROKER, PORT, START_LIMIT_S, TOOL, Done, MappedPod, Pod, command, running

HANGSPY = "/tool/hangspy"
TOOL_ON_NODE = TOOL / "hangspy"
# Profiles that answer these system calls with these errors (EPERM, ENOSYS), and let everything else pass.
FILTERS = {
    "debuggers": (["ptrace", "process_vm_readv", "process_vm_writev"], 1),
    "unknown": (["process_vm_readv"], 38),
    "ptrace": (["ptrace"], 1),
}
# How Kubernetes tells a container that it is in a pod.
IN_A_POD = ["--env", "KUBERNETES_SERVICE_HOST=10.0.0.1"]
CROWD = """
import asyncio, threading, time
async def wait(event):
    await event.wait()
async def main():
    event = asyncio.Event()
    tasks = [asyncio.create_task(wait(event)) for _ in range(10000)]
    for _ in range(200):
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    await asyncio.sleep(0.1)
    print('ready', flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
# How long what was cut off may take to end: hangspy looks 50 times a second.
END_LIMIT_S = 10


class World:
    """The images, and the pods that several tests share."""

    def __init__(self, image, bare):
        self.image, self.bare = image, bare
        self.kept = contextlib.ExitStack()
        self.pods = {}

    def pod(self, name, make):
        """A pod that hangs; started by the first who asks."""
        if name not in self.pods:
            pod = self.kept.enter_context(make())
            self.kept.enter_context(pod.hang())
            self.pods[name] = pod
        return self.pods[name]

    def story(self):
        return self.pod("story", lambda: Pod("story", self.image))

    def hardened(self):
        return self.pod("hardened", lambda: Pod("hardened", self.image, web_image=self.bare, hardened=True, sidecar=True))


def check(condition, words):
    if not condition:
        raise AssertionError(str(words))


def right_verdict(done, reader="own"):
    """Whom to blame, since when, for what, in whose control group: the whole truth about this service."""
    check(done.code == 0, done)
    report = done.report()
    verdict = report["verdicts"][0]
    check(verdict["kind"] == "loop-blocked" and verdict["confidence"] == "certain", verdict)
    check(verdict["blame"]["function"] == "next_order" and verdict["blame"]["file"] == "/app/app.py", verdict)
    check(verdict["blame"]["coroutine"]["function"] == "consume_orders", verdict)
    check(verdict["since_s"] > 1, verdict)
    check(verdict["second_party"]["address"] == BROKER, verdict["second_party"])
    process = report["target"]["processes"][0]
    check(process["reader"] == reader and process["server"] == "uvicorn", process)
    group = report["cgroup"][0]
    check(group["cpu_quota"] == {"is": 0.8} and group["memory_limit"] == {"is": 819 << 20}, group)
    listeners = report["sockets"][0]["listeners"]["is"]
    check([listener["port"] for listener in listeners] == [PORT], listeners)
    check(report["cost"]["stops"] == 0 and report["window"]["failed"] == 0, report["window"])
    return report


def shown(done):
    """The screen has the source line of the one who is to blame."""
    check(done.code == 0, done)
    for words in ("LOOP BLOCKED", "next_order()", "return consumer.poll(3600.0)", BROKER):
        check(words in done.out, "%r is not on the screen:\n%s" % (words, done))


def the_story_exec_without_arguments(world):
    pod = world.story()
    podman("cp", TOOL_ON_NODE, pod.container("web") + ":/usr/local/bin/hangspy")
    done = pod.exec("web", "/usr/local/bin/hangspy")
    shown(done)
    check("pid 1, uvicorn server" in done.out, done)
    report = right_verdict(pod.exec("web", "/usr/local/bin/hangspy", "--json"))
    cost, window = report["cost"], report["window"]["seconds"]
    share = cost["cpu_s"]["is"] / cost["wall_s"]
    check(share < 0.1, "hangspy took %.1f %% of a core" % (100 * share))
    return "hangspy took %.1f %% of the pod's 0.8 cores over %.1f s, and %d MiB of its 819" % (
        100 * share / 0.8,
        window,
        cost["peak_bytes"]["is"] >> 20,
    )


def from_the_node(world):
    pod = world.story()
    pid = pod.pid()
    check(os.readlink("/proc/%d/ns/net" % pid) != os.readlink("/proc/self/ns/net"), "the pod has no network of its own")
    shown(command([TOOL_ON_NODE, pid]))
    report = right_verdict(command([TOOL_ON_NODE, pid, "--json"]))
    check(report["verdicts"][0]["thread"] == pid, report["verdicts"][0])


def same_user_without_capabilities_read_only_without_a_shell(world):
    pod = world.hardened()
    check(pod.exec("web", "/bin/sh", "-c", "true").code != 0, "there is a shell")
    script = "import os; print(os.getuid(), [l for l in open('/proc/self/status') if l[:6] in ('CapEff', 'CapBnd')]); open('/x', 'w')"
    done = pod.exec("web", "/usr/bin/python3", "-c", script)
    check(done.out.startswith("10001 ") and done.out.count("\\t0000000000000000") == 2, done)
    check("Read-only file system" in done.err, done)
    # The process of the other container is visible here too, and belongs to another user.
    shown(pod.exec("web", HANGSPY, ":%d" % PORT))
    right_verdict(pod.exec("web", HANGSPY, ":%d" % PORT, "--json"))


def from_a_sidecar_of_50m_and_128Mi(world):
    pod = world.hardened()
    shown(pod.exec("hangspy", HANGSPY, ":%d" % PORT))
    report = right_verdict(pod.exec("hangspy", HANGSPY, ":%d" % PORT, "--json"))
    check(report["window"]["samples"] >= 30, "the sidecar's CPU is not enough: %s" % report["window"])
    group = "/sys/fs/cgroup/memory/memory.max_usage_in_bytes"
    peak = pod.exec("hangspy", "/bin/cat", group)
    most = " (its container at most %d MiB, page cache included)" % (int(peak.out) >> 20) if peak.code == 0 else ""
    return "%d looks in %.1f s; hangspy itself took %d MiB%s" % (
        report["window"]["samples"],
        report["window"]["seconds"],
        report["cost"]["peak_bytes"]["is"] >> 20,
        most,
    )


def the_limits_of_the_sidecar_suffice_for_a_crowd(world):
    """10,000 tasks and 200 threads are more to read and to keep than a usual service has."""
    name = "hangspy-crowd-%d" % os.getpid()
    limits = ["--cpus", "0.05", "--memory", "128m", "--memory-swap", "128m", "--cap-add", "SYS_PTRACE"]
    with contextlib.ExitStack() as ends:
        ends.callback(command, ["podman", "rm", "--force", "--time", "0", name])
        podman("run", "--detach", "--name", name, "--network", "none", world.image, "/usr/bin/python3", "-c", CROWD)
        wait_for(lambda: "ready" in podman("logs", name), "the crowd gathers", START_LIMIT_S)
        sidecar = ["podman", "run", "--rm", "--network", "none", "--pid", "container:" + name, *limits, *tool_in(world), HANGSPY]
        report = command([*sidecar, "1", "--for", "10s", "--json"]).report()
        done = command([*sidecar, "record", "1", "--for", "10s", "-o", "/tmp/out/"])
        check(done.code == 0, done)
    check(report["window"]["samples"] >= 50, report["window"])
    return "%d looks in %.1f s; hangspy took %d MiB" % (
        report["window"]["samples"],
        report["window"]["seconds"],
        report["cost"]["peak_bytes"]["is"] >> 20,
    )


def from_the_node_into_a_hardened_pod(world):
    pod = world.hardened()
    right_verdict(command([TOOL_ON_NODE, pod.pid(), "--json"]))
    shown(command([TOOL_ON_NODE, pod.pid()]))


def with_user_namespaces(world):
    with MappedPod("mapped", world.image) as pod, pod.hang():
        done = pod.exec("web", "/usr/bin/python3", "-c", "print(open('/proc/self/uid_map').read())")
        check(done.out.split()[0] == "0" and done.out.split()[1] != "0", "users are not mapped: %s" % done)
        right_verdict(pod.exec("web", HANGSPY, "--json"))
        right_verdict(command([TOOL_ON_NODE, pod.pid(), "--json"]))
        shown(command([TOOL_ON_NODE, pod.pid()]))


def beside(pod, options, *words):
    """hangspy in a container of its own that shares the pids of the service and nothing else."""
    words = ["podman", "run", "--rm", "--network", "none", "--pid", "ns:/proc/%d/ns/pid" % pod.pid(), *options, *words]
    return command(words)


def filtered(name):
    """The option that puts a profile over a container."""
    names, error = FILTERS[name]
    profile = {"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": error}
    path = HOME / ("filter-%s.json" % name)
    path.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [profile]}))
    return ["--security-opt", "seccomp=%s" % path]


def tool_in(world):
    """What every container with hangspy in it has: the tool, and the image."""
    return [*IN_A_POD, "--volume", "%s:/tool:ro" % TOOL, world.image]


def every_gate_of_a_pod(world):
    """Each gate that a container can shut: `doctor` names it and what opens it, `diagnose` says what it still can."""
    story, hardened = world.story(), world.hardened()
    unfiltered = "securityContext: {seccompProfile: {type: Unconfined}}"
    cases = [
        ("user", hardened, ["--user", "10002:10001", "--cap-drop", "all"], "securityContext: {runAsUser: 10001}"),
        ("user", hardened, ["--user", "0:10001"], "securityContext: {runAsUser: 10001}"),
        ("group", hardened, ["--user", "10001:10002"], "securityContext: {runAsGroup: 10001}"),
        ("capabilities", story, ["--cap-drop", "all"], "securityContext: {runAsUser: 0, capabilities: {add: [SYS_PTRACE]}}"),
        ("seccomp", story, filtered("debuggers"), unfiltered),
        ("seccomp", story, filtered("unknown"), unfiltered),
        ("user namespace", story, ["--privileged"], "run hangspy in the target's own container, or as root on the node"),
    ]
    for gate, pod, options, opens in cases:
        options = [*options, *tool_in(world)]
        # podman cannot give the pids of one user namespace to another.
        options += ["/usr/bin/unshare", "--user", "--map-root-user"] if gate == "user namespace" else []
        done = beside(pod, options, HANGSPY, "doctor", "uvicorn", "--json")
        check(done.code == 3, "%s: %s" % (gate, done))
        page = json.loads(done.out)[0]
        shut = {line["gate"]: line["opens"] for line in page["gates"] if line["state"] == "shut"}
        check(shut.get(gate) == opens, "%s: %s" % (gate, shut))
        check(page["answer"] == "proc-only", page["answer"])
        reduced_answer(gate, beside(pod, options, HANGSPY, "uvicorn", "--json"))
    return "%d ways to be refused, each named, each with its reduced answer" % len(cases)


def a_filter_over_ptrace_alone_refuses_nothing(world):
    done = beside(world.story(), [*filtered("ptrace"), *tool_in(world)], HANGSPY, "doctor", "uvicorn", "--json")
    check(done.code == 0 and json.loads(done.out)[0]["answer"] == "full", done)


def a_proc_that_hides(world):
    """`hidepid`: what belongs to others is not there, and hangspy says that it is hidden."""
    pod = world.hardened()
    stranger = ["--user", "10002:10001", "--cap-drop", "all", "--security-opt", "proc-opts=hidepid=2", *tool_in(world)]
    number = inner_number(pod.pid())
    done = beside(pod, stranger, HANGSPY, "doctor", number, "--json")
    gates = json.loads(done.out)[0]["gates"]
    check(done.code == 3 and [(gate["gate"], gate["state"]) for gate in gates] == [("process", "shut")], done)
    for words in (["ps"], [], [":%d" % PORT], ["uvicorn"]):
        done = beside(pod, stranger, HANGSPY, *words)
        check("/proc hides the processes of other users" in done.err, done)
    owner = ["--user", "10001:10001", *stranger[2:]]
    done = beside(pod, owner, HANGSPY, "doctor", number, "--json")
    check(done.code == 0 and json.loads(done.out)[0]["answer"] == "full", done)


def inner_number(pid):
    """The pid of a process as its own namespace numbers it."""
    status = open("/proc/%d/status" % pid).read()
    return next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[-1]


def a_sidecar_without_shared_processes(world):
    """The commonest mistake: the port is seen, whose it is is not."""
    pod = world.story()
    beside_it = ["podman", "run", "--rm", "--pod", pod.name, *tool_in(world), HANGSPY]
    for words in ([], ["uvicorn"], [":%d" % PORT]):
        done = command([*beside_it, *words])
        check(done.code == 4 and "shareProcessNamespace: true" in done.err, done)
    check("port %d is listened on, but by a process that is not visible here" % PORT in done.err, done)


def half_of_a_container_is_entered(world):
    """`nsenter` with one of pid and mount namespace: numbers then mean other processes, whose memory must not be read."""
    pid = world.story().pid()
    for namespace, number in (("--pid", pid), ("--mount", 1)):
        inside = ["nsenter", "--target", pid, namespace, TOOL_ON_NODE if namespace == "--pid" else HANGSPY]
        done = command([*inside, "doctor", number, "--json"])
        page = json.loads(done.out)[0]
        shut = [line["gate"] for line in page["gates"] if line["state"] == "shut"]
        check(done.code == 3 and shut == ["pid namespace"] and page["answer"] == "proc-only", done)
        reduced_answer(namespace, command([*inside, number, "--json"]))
    right_verdict(command(["nsenter", "--target", pid, "--pid", "--mount", "--net", HANGSPY, "--json"]))


def reduced_answer(gate, done):
    check(done.code == 3, "%s: %s" % (gate, done))
    report = done.report()
    verdict = report["verdicts"][0]
    check(report["target"]["processes"][0]["reader"] == "proc-only", report["target"])
    honest = verdict["kind"] == "cannot-tell" or (verdict["kind"] == "loop-blocked" and verdict["confidence"] != "certain")
    check(honest, "%s: a guess: %s" % (gate, verdict))
    check(any("main thread" in line for line in verdict["evidence"]), "%s: %s" % (gate, verdict))
    check(report["threads"], "%s: no thread is told of" % gate)


def an_exec_that_is_cut_off(world):
    """Killing the client in the middle of a recording: nothing runs on, and the target does not notice."""
    pod = world.story()
    pid = pod.pid()
    before = process_facts(pid)
    words = ["podman", "exec", "--interactive", pod.container("web"), HANGSPY, "record", "--attended", "--for", "10m", "-o", "/tmp/cut.hangspy"]
    client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        # Recording is under way when the capture has looks in it.
        wait_for(lambda: size_in(pod, "/tmp/cut.hangspy") > 2000, "the recording begins")
        check(len(running("hangspy", pod)) == 1, "hangspy runs as %s" % running("hangspy", pod))
        client.send_signal(signal.SIGKILL)
    finally:
        client.kill()
        client.communicate()
    wait_for(lambda: not running("hangspy", pod), "hangspy ends after its exec")
    check(process_facts(pid) == before, "the target was stopped, traced or restarted: %s, %s" % (before, process_facts(pid)))
    # What was recorded until then is kept, and can be read.
    kept = pod.exec("web", HANGSPY, "report", "/tmp/cut.hangspy")
    shown(kept)


def process_facts(pid):
    status = dict(line.split(":\t", 1) for line in open("/proc/%d/status" % pid).read().splitlines())
    start = open("/proc/%d/stat" % pid).read().rpartition(")")[2].split()[19]
    return start, status["TracerPid"], status["SigPnd"], status["ShdPnd"], status["Threads"]


def size_in(pod, path):
    try:
        return os.stat("/proc/%d/root%s" % (pod.pid(), path)).st_size
    except OSError:
        return 0


def wait_for(condition, what, limit=END_LIMIT_S):
    end = time.monotonic() + limit
    while not condition():
        check(time.monotonic() < end, "not within %d s: %s" % (limit, what))
        time.sleep(0.05)


def the_plugin_uses_what_is_there(world):
    pod = world.story()
    podman("cp", TOOL_ON_NODE, pod.container("web") + ":/usr/local/bin/hangspy")
    done = plugin.ask(pod, "--", "--json", "--for", "17s")
    right_verdict(done)
    for words in ("pod %s, container web" % pod.name, " is there as /usr/local/bin/hangspy", "looking on: "):
        check(words in done.err, "%r was not told: %s" % (words, done.err))
    with tempfile.TemporaryDirectory() as folder:
        done = plugin.ask(pod, "-o", folder + "/incident")
        check(done.code == 0, done)
        with open(folder + "/incident/report.json") as kept:
            right_verdict(Done(0, kept.read(), ""))
    done = plugin.ask(pod, "--", "4194304")
    check(done.code == 4 and "no process has pid" in done.err, "the exit code is not hangspy's: %s" % done)


def the_plugin_copies_and_removes(world):
    pod = world.story()
    pod.exec("web", "/bin/rm", "-f", "/usr/local/bin/hangspy")
    done = plugin.ask(pod, "--binary", TOOL_ON_NODE, "--", "--json")
    right_verdict(done)
    for words in ("no hangspy in the image", "copied hangspy", "to /tmp/.hangspy-", "removed /tmp/.hangspy-"):
        check(words in done.err, "%r was not told: %s" % (words, done.err))
    check(not plugin.leftovers(pod), plugin.leftovers(pod))
    hardened = world.hardened()
    done = plugin.ask(hardened, "--binary", TOOL_ON_NODE, "--", ":8000", "--json")
    right_verdict(done)
    check("cannot write to /tmp" in done.err and "runs from the container's memory" in done.err, done.err)
    check(not plugin.leftovers(hardened), plugin.leftovers(hardened))
    return "also without a shell, with a root file system that is read-only"


def the_plugin_where_a_copy_does_not_fit(world):
    """A program that is larger than the only folder that can be written to: what was copied of it is not left there."""
    pod = world.hardened()
    large = HOME / "large"
    shutil.copy2(TOOL_ON_NODE, large)
    try:
        # As large as no /dev/shm of podman, and smaller than the container's memory.
        os.truncate(large, 100 << 20)
        done = plugin.ask(pod, "--binary", large, "--", ":8000", "--json")
    finally:
        large.unlink()
    right_verdict(done)
    check("cannot write to /dev/shm" in done.err and "runs from the container's memory" in done.err, done.err)
    check(not plugin.leftovers(pod), plugin.leftovers(pod))


def the_plugin_starts_an_ephemeral_container(world):
    pod = world.hardened()
    image = plugin.image()
    try:
        done = plugin.ask(pod, "--binary", "/nonexistent", "--image", image, "--", ":8000", "--json")
        right_verdict(done)
        for words in ("nothing to copy", "starting the ephemeral container hangspy-"):
            check(words in done.err, "%r was not told: %s" % (words, done.err))
    finally:
        command(["podman", "rmi", "--force", image])


def the_plugin_without_a_way_in(world):
    pod = world.hardened()
    done = plugin.ask(pod, "--binary", "/nonexistent")
    check(done.code == plugin.NO_WAY_IN and "no ephemeral container" in done.err, done)
    done = plugin.ask(pod, "-c", "nobody")
    check(done.code == 2 and "has no container nobody, only: " in done.err, done)
    done = command([plugin.PLUGIN, "no-such-pod"], env=plugin.environment())
    check(done.code == plugin.NO_WAY_IN and 'pods "no-such-pod" not found' in done.err, done)


def the_plugin_cut_off_leaves_nothing(world):
    """Ctrl-C, and a connection that is lost without a word."""
    pod = world.story()
    pod.exec("web", "/bin/rm", "-f", "/usr/local/bin/hangspy")
    before = process_facts(pod.pid())
    for end, leaves in ((plugin.interrupt, False), (subprocess.Popen.kill, True)):
        client = plugin.begin(pod, "--binary", TOOL_ON_NODE, "--", "--for", "10m")
        try:
            # The first verdict is said while the run goes on.
            said = next((line for line in client.stderr if "still looking" in line), "")
            check("next_order" in said, "no first verdict")
            check(plugin.is_running(pod), "hangspy is not seen")
            end(client)
            wait_for(lambda: not plugin.is_running(pod), "hangspy ends")
            client.wait(END_LIMIT_S)
        finally:
            client.kill()
            client.communicate()
        kept = plugin.leftovers(pod)
        # Nobody can remove the copy after SIGKILL; nothing runs on all the same.
        check(bool(kept) == leaves, "left in the container: %s" % kept)
    for path in plugin.leftovers(pod):
        pod.exec("web", "/bin/rm", path)
    check(process_facts(pod.pid()) == before, "the target was stopped, traced or restarted")


ALL = [
    the_story_exec_without_arguments,
    from_the_node,
    an_exec_that_is_cut_off,
    same_user_without_capabilities_read_only_without_a_shell,
    from_a_sidecar_of_50m_and_128Mi,
    the_limits_of_the_sidecar_suffice_for_a_crowd,
    from_the_node_into_a_hardened_pod,
    every_gate_of_a_pod,
    a_filter_over_ptrace_alone_refuses_nothing,
    a_proc_that_hides,
    a_sidecar_without_shared_processes,
    half_of_a_container_is_entered,
    with_user_namespaces,
    the_plugin_uses_what_is_there,
    the_plugin_copies_and_removes,
    the_plugin_where_a_copy_does_not_fit,
    the_plugin_starts_an_ephemeral_container,
    the_plugin_without_a_way_in,
    the_plugin_cut_off_leaves_nothing,
]
