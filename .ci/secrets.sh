#!/usr/bin/env bash
# Secrets that somebody wrote into a file: `make lint`. What is known and no secret is in .secrets.baseline.
# ruff (S105 to S107) looks for passwords in Python; random-looking text is too often a hash to be of use.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files -z --cached --others --exclude-standard -- . \
  ':!requirements/*.txt' ':!data' ':!demo/*/data' ':!bot/encoder' ':!tests/wire' ':!*.png' |
  xargs -0 "${1:-.venv/bin/detect-secrets-hook}" --no-verify --baseline .secrets.baseline
