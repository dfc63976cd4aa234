"""What runs inside Rasa is tested by Rasa's own Python: see tests/rasa."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "rasa"
OPTIONS = ("-q", "-c", "/dev/null", "--rootdir", ROOT, "--confcutdir", FOLDER, "-p", "no:cacheprovider")
PYTHON = ROOT / ".venv-rasa" / "bin" / "python"


@pytest.mark.rasa
@pytest.mark.timeout(300)
@pytest.mark.skipif(not PYTHON.exists(), reason="no Rasa environment (.venv-rasa): make setup")
def test_the_parts_that_run_inside_rasa() -> None:
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    ran = subprocess.run(
        [PYTHON, "-m", "pytest", *OPTIONS, FOLDER],
        cwd=ROOT,
        env={**os.environ, **quiet, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
