#!/usr/bin/env python3
"""Makes both environments: `.venv` (Python 3.11+, ours) and `.venv-rasa` (Python 3.10, Rasa's).

Only the standard library, and syntax that any Python 3 reads, since it runs before anything is
installed. A stamp of the requirement files lies in each environment: what fits is left alone.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.abspath(__file__))
APP_ENV = os.path.join(ROOT, ".venv")
RASA_ENV = os.path.join(ROOT, ".venv-rasa")
TORCH = "2.13.0"
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
UV = "uv==0.13.9"
DISK_NEEDED_GB = 5


def main():
    """Create what is missing; exits with 1 and a sentence when it cannot."""
    extra = "dev" if "--dev" in sys.argv else "app"
    if sys.version_info < (3, 11):
        newer = find_python(("3.13", "3.12", "3.11"))
        if newer is None:
            fail(
                "Python 3.11 이상이 필요해요(지금은 %d.%d)." % sys.version_info[:2],
                "Python 3.11을 설치한 뒤 다시 실행하세요.",
            )
        os.execv(newer, [newer, os.path.abspath(__file__)] + sys.argv[1:])
    wanted = ["requirements/app.txt"] + (["requirements/dev.txt"] if extra == "dev" else [])
    app_stamp, rasa_stamp = stamp(wanted), stamp(["requirements/rasa.txt"])
    if is_made(APP_ENV, app_stamp, extra) and is_made(RASA_ENV, rasa_stamp, "rasa"):
        return
    free = shutil.disk_usage(ROOT).free / 2**30
    if free < DISK_NEEDED_GB:
        fail("디스크가 모자라요(%.1f GB 남음)." % free, "%d GB를 비우고 다시 실행하세요." % DISK_NEEDED_GB)
    if not is_made(APP_ENV, app_stamp, extra):
        make_app_env("requirements/%s.txt" % extra)
        mark(APP_ENV, app_stamp, extra)
        if extra == "dev":
            mark(APP_ENV, stamp(["requirements/app.txt"]), "app")
    if not is_made(RASA_ENV, rasa_stamp, "rasa"):
        make_rasa_env()
        mark(RASA_ENV, rasa_stamp, "rasa")


def make_app_env(requirements):
    """The environment of the gateway, the action server and the command line."""
    python = os.path.join(APP_ENV, "bin", "python")
    if not os.path.exists(python):
        step(
            "1/5 .venv 만들기 (Python %d.%d)" % sys.version_info[:2], [sys.executable, "-m", "venv", APP_ENV]
        )
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    step("2/5 설치 도구 uv", pip + [UV])
    if not has_torch(python):
        # The CPU build; from the usual index where PyTorch's own cannot be reached.
        command = pip + ["--retries", "0", "--extra-index-url", TORCH_INDEX, "torch==%s+cpu" % TORCH]
        step("3/5 torch (CPU)", command, ["3/5 torch"] + pip + ["torch==%s" % TORCH])
    step(
        "4/5 꾸러미 (%s)" % requirements,
        uv("pip", "install", "--quiet", "--python", python, "-r", requirements),
    )
    step("4/5 sotong 명령", uv("pip", "install", "--quiet", "--python", python, "--no-deps", "-e", "."))


def make_rasa_env():
    """The environment of the Rasa server; uv finds a Python 3.10 or fetches one."""
    python = os.path.join(RASA_ENV, "bin", "python")
    if not os.path.exists(python):
        found = find_python(("3.10",)) or "3.10"
        label = "5/5 .venv-rasa 만들기 (Python 3.10)"
        if run(label, uv("venv", "--quiet", "--python", found, RASA_ENV)) != 0:
            fail(
                "Rasa에 필요한 Python 3.10을 찾지도, 내려받지도 못했어요.",
                "Python 3.10을 설치하거나(pyenv install 3.10, apt install python3.10 …) "
                "인터넷 연결을 확인한 뒤 다시 실행하세요.",
            )
    step("5/5 Rasa", uv("pip", "sync", "--quiet", "--python", python, "requirements/rasa.txt"))


def uv(*arguments):
    """A uv command line."""
    return [os.path.join(APP_ENV, "bin", "uv")] + list(arguments)


def step(label, command, otherwise=None):
    """Run a command or, when it fails, another; exits when that fails too."""
    if run(label, command) == 0:
        return
    if otherwise is not None and run(otherwise[0], otherwise[1:]) == 0:
        return
    fail("‘%s’ 단계에서 멈췄어요." % label, "위에 나온 까닭을 풀고 같은 명령을 다시 실행하면 이어서 해요.")


def run(label, command):
    """Run a command, showing its name and time; its output only when it fails."""
    sys.stderr.write("… %s" % label)
    sys.stderr.flush()
    started = time.time()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    mark_ = "✓" if done.returncode == 0 else "✗"
    sys.stderr.write("\r%s %s (%.0f초)\n" % (mark_, label, time.time() - started))
    if done.returncode != 0:
        sys.stderr.write(done.stdout.decode("utf-8", "replace")[-4000:] + "\n")
    return done.returncode


def has_torch(python):
    """Whether the environment has the wanted torch."""
    code = "import importlib.metadata as m; print(m.version('torch'))"
    done = subprocess.run([python, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.decode().split("+")[0].strip() == TORCH


def find_python(versions):
    """Path of the first of these Pythons that runs, or None."""
    for version in versions:
        path = shutil.which("python" + version)
        if path and subprocess.run([path, "-c", ""], stderr=subprocess.DEVNULL).returncode == 0:
            return path
    return None


def stamp(names):
    """A hash of the requirement files and of this script."""
    digest = hashlib.sha256(TORCH.encode())
    for name in names:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def is_made(env, value, kind):
    """Whether an environment was made from these requirements."""
    try:
        with open(os.path.join(env, ".sotong-" + kind)) as file:
            return file.read() == value
    except OSError:
        return False


def mark(env, value, kind):
    """Remember what an environment was made from."""
    with open(os.path.join(env, ".sotong-" + kind), "w") as file:
        file.write(value)


def fail(what, remedy):
    """Say what is wrong and what to do, and stop."""
    sys.stderr.write("✗ %s\n  → %s\n" % (what, remedy))
    sys.exit(1)


if __name__ == "__main__":
    main()
