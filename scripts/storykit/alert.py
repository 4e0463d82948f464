"""The whole story of an alert, with the real programs: a service hangs behind nginx, Prometheus notices, Alertmanager tells hangspy."""

import json
import os
import re
import signal
import threading
import time
from datetime import datetime, timezone

import setting
from parts import Absent, Cast, answer, free_port, install, programs, say

__all__ = ["Absent", "install", "tell"]

# From the moment in which the consumer starts: a probe, a rule, a notification and a capture.
ALERT_LIMIT_S = 120


def step(text):
    say()
    say("== " + text)


def cast_around(cast, paths, ports):
    """Starts what stands around the service and hangspy."""
    home = cast.home
    user = "user root;" if os.geteuid() == 0 else ""
    text = setting.NGINX % dict(ports, home=home, user=user, waits=setting.NGINX_WAITS_S)
    (home / "nginx.conf").write_text(text)
    early = home / "nginx-early.log"
    cast.start("nginx", [paths["nginx"], "-p", home, "-e", early, "-c", home / "nginx.conf"])


def cast_alarm(cast, paths, ports):
    home = cast.home
    config = setting.write(home, "blackbox.yml", setting.BLACKBOX)
    listen = "--web.listen-address=127.0.0.1:%d"
    cast.start(
        "blackbox",
        [paths["prometheus-blackbox-exporter"], "--config.file=" + config, listen % ports["blackbox"]],
    )
    config = setting.write(home, "alertmanager.yml", setting.alertmanager(ports))
    cast.start(
        "alertmanager",
        [
            paths["prometheus-alertmanager"],
            "--config.file=" + config,
            "--storage.path=%s" % (home / "alertmanager"),
            "--cluster.listen-address=",
            listen % ports["alertmanager"],
        ],
    )
    cast.wait("Alertmanager answers", lambda: answer("http://127.0.0.1:%(alertmanager)d/-/ready" % ports))
    rules = setting.write(home, "rules.yml", setting.RULES)
    config = setting.write(home, "prometheus.yml", setting.prometheus(ports, rules))
    cast.start(
        "prometheus",
        [
            paths["prometheus"],
            "--config.file=" + config,
            "--storage.tsdb.path=%s" % (home / "prometheus"),
            listen % ports["prometheus"],
        ],
    )


def lines_of(path, words):
    text = path.read_text(errors="replace") if path.exists() else ""
    return [line for line in text.splitlines() if words in line]


def instant(text):
    """Seconds since 1970; Go writes nanoseconds, which Python before 3.11 does not read."""
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def check_incident(folder):
    """What the incident has to say; its reason and its report."""
    why = json.loads((folder / "incident.json").read_text())
    report = json.loads((folder / "report.json").read_text())
    alert = why["alerts"][0]
    check(why["rule"] == "alert" and alert["name"] == setting.ALERT, "the incident is of another alert: %s" % why)
    first = report["verdicts"][0]
    function = (first["blame"] or {}).get("function")
    check((first["kind"], function) == ("loop-blocked", "next_order"), "another verdict: %(kind)s, %(summary)s" % first)
    reaches_to = instant(why["time"]) - why["seconds_before"]
    check(reaches_to < instant(alert["starts_at"]), "it holds nothing from before the alert: %s" % why)
    return why, report


def query(ports, expression):
    """The value of an expression, as Prometheus knows it."""
    got = answer("http://127.0.0.1:%d/api/v1/query?query=%s" % (ports["prometheus"], expression))
    result = json.loads(got[1])["data"]["result"] if got and got[0] == 200 else []
    return float(result[0]["value"][1]) if result else None


def tell(demo, directory):
    """The story. `demo` starts the service as scripts/demo does, against a broker that says nothing."""
    began = time.monotonic()
    paths = programs()
    home = demo.HOME / "alert"
    home.mkdir(parents=True, exist_ok=True)
    for old in home.glob("*.log"):
        old.unlink()
    hangspy = demo.build()
    python, service = demo.make_environment()
    with Cast(home) as cast, demo.silent_broker() as broker:
        ports = {name: free_port() for name in ("nginx", "blackbox", "alertmanager", "prometheus", "hangspy")}
        server = demo.start_service(python, service, "127.0.0.1:%d" % broker)
        try:
            play(demo, directory, cast, paths, ports, hangspy, server)
        finally:
            server.kill()
            server.wait()
    say()
    say("%.0f s; nothing is left running. Logs and settings: %s" % (time.monotonic() - began, os.path.relpath(str(home))))


def play(demo, directory, cast, paths, ports, hangspy, server):
    address = demo.health_address(server)
    ports["service"] = int(re.search(r":(\d+)/", address).group(1))
    cast_around(cast, paths, ports)
    front = "http://127.0.0.1:%(nginx)d/api/" % ports
    cast.wait("nginx answers", lambda: answer(front + "health"))
    # In flight when the consumer starts, and when the worker is killed.
    export = threading.Thread(target=answer, args=(front + "export", 300), daemon=True)
    export.start()
    step("FastAPI runs as pid %d behind nginx; hangspy watches it" % server.pid)
    listen = "127.0.0.1:%(hangspy)d" % ports
    words = [hangspy, "watch", server.pid, "-o", directory, "--listen", listen]
    say("$ " + " ".join(str(word) for word in ["hangspy"] + words[1:]))
    cast.start("hangspy", words)
    cast.wait("hangspy watches", lambda: "watching process" in cast.said("hangspy"))
    cast_alarm(cast, paths, ports)
    step("the blackbox exporter probes /api/health through nginx; a Kafka consumer starts in the same process")
    timed_out = lambda: lines_of(cast.home / "nginx-error.log", "upstream timed out (110")
    say("nginx:  " + cast.wait("nginx gives up", timed_out, ALERT_LIMIT_S)[0])
    answers = lambda: [line for line in lines_of(cast.home / "nginx-access.log", '" 504 ') if "Blackbox" in line]
    say("nginx:  " + cast.wait("the probe gets 504", answers, ALERT_LIMIT_S)[0])
    step("Prometheus' rule fires, and Alertmanager tells hangspy")
    captured = lambda: re.search(r"incident: (.*-alert-\d+): (.*)", cast.said("hangspy"))
    found = cast.wait("the alert is captured", captured, ALERT_LIMIT_S)
    folder = directory / "incidents" / os.path.basename(found.group(1))
    cast.wait("it says why", (folder / "incident.json").exists)
    why, _ = check_incident(folder)
    alert = why["alerts"][0]
    say("alert:  %s since %s; %s" % (alert["name"], alert["starts_at"], alert["labels"]))
    say("        reaches back %.0f s; %s" % (why["seconds_before"], os.path.relpath(str(folder))))
    say()
    say((folder / "report.txt").read_text().partition("\n  stack, innermost first")[0].rstrip())
    longest = cast.wait("Prometheus reads hangspy's figures", lambda: query(ports, "hangspy_loop_step_seconds"))
    check(longest > 1, "the loop is blocked, and the figure says %s" % longest)
    step("the worker is killed, as a liveness probe or a supervisor does")
    server.send_signal(signal.SIGKILL)
    cast.wait("hangspy says so", lambda: "process %d ended" % server.pid in cast.said("hangspy"))
    gone = lambda: lines_of(cast.home / "nginx-error.log", "/api/export")
    say("nginx:  " + cast.wait("nginx tells of it", gone)[0])
    export.join(10)
    explain_nginx(gone()[0])
    incidents = [path.name for path in sorted((directory / "incidents").iterdir())]
    check(sum("-alert-" in name for name in incidents) == 1, "an alert is one incident: %s" % incidents)
    check(any("-loop-blocked-" in name for name in incidents), "the hang was captured before: %s" % incidents)


def explain_nginx(line):
    closed = "upstream prematurely closed connection" in line
    check(closed or "Connection reset by peer" in line, "nginx says something else: " + line)
    step("what nginx could not say")
    say("upstream timed out (504): the worker lives, its loop is blocked, and nobody read the request.")
    say("upstream prematurely closed, or reset (502): the worker was killed with the request in hand, or unread.")
    say("Both are the same hang: the function above.")
