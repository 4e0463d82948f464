"""Finds the CPython interpreters of this machine that have headers."""

import glob
import json
import os
import subprocess

PROBE = (
    "import json, sys, sysconfig as s; print(json.dumps([sys.version_info[:3], "
    "[s.get_path('include'), s.get_path('platinclude')], s.get_config_var('Py_GIL_DISABLED') or 0]))"
)


def candidates():
    """Paths of programs that may be an interpreter: PATH, pyenv, uv and $HANGSPY_PYTHONS."""
    home = os.path.expanduser("~")
    pythons = os.environ.get("HANGSPY_PYTHONS", os.path.join(home, ".cache/hangspy/pythons"))
    folders = os.environ.get("PATH", "").split(os.pathsep)
    folders += glob.glob(os.path.join(os.environ.get("PYENV_ROOT", os.path.join(home, ".pyenv")), "versions/*/bin"))
    folders += glob.glob(os.path.join(os.environ.get("UV_PYTHON_INSTALL_DIR", os.path.join(home, ".local/share/uv/python")), "*/bin"))
    folders += [os.path.join(pythons, "usr/bin"), os.path.join(pythons, "bin")]
    for folder in folders:
        if "shims" in folder:
            continue
        for path in sorted(glob.glob(os.path.join(glob.escape(folder), "python3.*"))):
            if path.rsplit("3.", 1)[1].isdigit() and os.access(path, os.X_OK):
                yield os.path.realpath(path)


def interpreters():
    """(version, include folders) of every interpreter with internal headers, newest release of a minor version first."""
    found = {}
    for path in dict.fromkeys(candidates()):
        answer = subprocess.run([path, "-I", "-c", PROBE], capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            continue
        version, includes, free_threaded = json.loads(answer.stdout)
        if free_threaded or not os.path.isfile(os.path.join(includes[0], "internal", "pycore_pystate.h")):
            continue
        found.setdefault(tuple(version), includes)
    return sorted(found.items(), reverse=True)
