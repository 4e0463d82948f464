#!/usr/bin/env python3
"""kubectl, as far as scripts/kubectl-hangspy uses it, played by podman: no cluster runs here.

Takes the very arguments, and fails as kubectl does: exit code 1 and a sentence, or the exit code of the command.
"""

import json
import os
import subprocess
import sys

# The namespace that all pods of a podman are in.
NAMESPACE = "default"


def fail(words):
    print("error: " + words, file=sys.stderr)
    sys.exit(1)


def take(words, *flags):
    """Removes an option with its value; returns the value."""
    for flag in flags:
        if flag in words:
            at = words.index(flag)
            words.pop(at)
            return words.pop(at)
    return None


def switch(words, flag):
    present = flag in words
    if present:
        words.remove(flag)
    return present


def become(*words):
    os.execvp("podman", ["podman", *words])


def main(words):
    command = []
    if "--" in words:
        at = words.index("--")
        words, command = words[:at], words[at + 1 :]
    namespace = take(words, "--namespace", "-n") or NAMESPACE
    verb = words.pop(0)
    pod_name = None
    if verb == "get":
        assert words.pop(0) == "pod"
        pod_name = words.pop(0)
        assert words == ["-o", "jsonpath={.spec.containers[*].name}"], words
    container, interactive = take(words, "-c"), switch(words, "-i")
    image, target, profile = take(words, "--image"), take(words, "--target"), take(words, "--profile")
    switch(words, "--quiet")
    pod_name = pod_name or words.pop(0)
    found = subprocess.run(["podman", "pod", "inspect", pod_name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if found.returncode or namespace != NAMESPACE:
        fail('pods "%s" not found' % pod_name)
    names = [each["Name"] for each in json.loads(found.stdout)["Containers"] if each["Name"].startswith(pod_name + "-")]
    if verb == "get":
        print(" ".join(name[len(pod_name) + 1 :] for name in names if not name.endswith("-infra")), end="")
    elif verb == "exec":
        become("exec", *(["--interactive"] if interactive else []), "%s-%s" % (pod_name, container), *command)
    elif verb == "debug":
        assert profile == "general", profile
        rights = ["--cap-add", "SYS_PTRACE", "--user", "0"]
        attached = ["--interactive"] if interactive else []
        beside = ["--pod", pod_name, "--pid", "container:%s-%s" % (pod_name, target)]
        become("run", "--name", "%s-%s" % (pod_name, container), *attached, *rights, *beside, image, *command)
    else:
        fail("unknown command " + verb)


if __name__ == "__main__":
    main(sys.argv[1:])
