# Sotong: make help
.DEFAULT_GOAL := help
PYTHON ?= $(or $(shell command -v python3.11 python3.12 python3.13 python3 2>/dev/null | head -n 1),python3)
VENV := .venv/bin
# Every test that starts a process waits for its imports: compiled ones are kept whatever the machine says.
export PYTHONDONTWRITEBYTECODE =

help: ## 이 도움말
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: ## 두 파이썬 환경(.venv, .venv-rasa)을 만들어요
	@$(PYTHON) bootstrap.py

setup-dev:
	@$(PYTHON) bootstrap.py --dev

run: setup ## 봇 전체를 켜요: 웹 채팅, 콘솔, 시범 도시 (Ctrl-C로 멈춤)
	@exec $(VENV)/sotong run

cluster: setup ## 서버 여러 대에 나눠 둔 모양을 이 컴퓨터에 켜요: PostgreSQL, Redis와 Sentinel, nginx, 노드 둘
	@exec $(VENV)/sotong cluster

train: setup ## 데이터가 바뀌었으면 의도 모델과 문장 인코더를 다시 학습해요
	@$(VENV)/sotong train

test: setup-dev ## 내용 점검과 모든 시험을 돌려요
	@$(VENV)/sotong train --no-encoder
	@$(VENV)/sotong check
	@$(VENV)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not journey"

test-faults: setup-dev ## 부하 속에서 프로세스를 죽이고 디스크를 채워, 잃거나 두 번 한 말이 없는지 봐요 (10분 안팎)
	@$(VENV)/python bench/faults.py

cluster-test: setup-dev ## 클러스터에 부하를 주고 하나씩 죽이고 얼려, 잃거나 두 번 한 말이 없는지와 빠르기를 재요 (20분쯤)
	@$(VENV)/python bench/cluster.py

capacity: setup-dev ## 잰 값으로 시민 몇 명에게 서버가 얼마나 드는지 셈해 docs/capacity.md를 써요
	@$(VENV)/python bench/capacity.py

test-upgrade: setup-dev ## 앞 판을 켜고 대화 도중에 멈춘 뒤, 이 판이 이어 가는지 봐요 (학습까지 10분 안팎)
	@PYTHONPATH=. $(VENV)/python bench/upgrade.py

test-agencies: setup-dev ## 두 기관을 통째로 켜고 시민의 질문과 답이 오가는지, 한쪽이 꺼져도 그런지 봐요 (4분쯤)
	@$(VENV)/python bench/two_offices.py

test-browser: setup-dev ## 콘솔과 스튜디오를 브라우저로 걸어 봐요 (Chromium이 있어야 해요)
	@$(VENV)/python -m pytest tests/browser -n 2 --dist loadfile

screenshots: setup-dev ## 스튜디오 안내(docs/studio/)의 그림을 새로 찍어요 (Chromium이 있어야 해요)
	@$(VENV)/python -m tests.browser.screenshots

pictures: setup-dev ## 코드에서 안내의 그림을 새로 그려요: 꾸러미, 메시지가 지나는 길, 표 (docs/images/)
	@$(VENV)/python -m docs.pictures

words: setup-dev ## 콘솔의 새 말을 bot/console/english.po에 모으고, 영어가 빈 말을 알려 줘요
	@$(VENV)/python -m bot.console.catalogue

lint: setup-dev ## 코드 모양, 자료형, 파일에 적힌 비밀 값을 살펴요 (ruff, mypy, detect-secrets)
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy
	@.ci/secrets.sh

audit: setup-dev ## 설치하는 꾸러미에 알려진 취약점이 있는지 물어봐요 (인터넷이 없으면 그렇다고 말해요)
	@$(VENV)/python .ci/audit.py

sbom: setup-dev ## 두 환경에 든 모든 것의 목록을 CycloneDX로 적어요 (build/sbom/)
	@mkdir -p build/sbom
	@$(VENV)/cyclonedx-py environment $(VENV)/python --pyproject pyproject.toml --output-reproducible -o build/sbom/app.cdx.json
	@$(VENV)/cyclonedx-py environment .venv-rasa/bin/python --output-reproducible -o build/sbom/rasa.cdx.json
	@ls build/sbom/*.json

fuzz: setup-dev ## 모든 해석기에 망가뜨린 입력 천만 개를 넣어 봐요 (25분 안팎, bench/results/fuzz.json)
	@PYTHONPATH=. $(VENV)/python bench/fuzz.py

bench: setup-dev ## 빠르기와 정확도를 재고 보고서를 써요 (bench/results/, docs/benchmarks.md)
	@failed=0; for file in bench/bench_*.py; do echo "== $$file"; $(VENV)/python $$file || failed=1; done; \
	$(VENV)/python bench/report.py && exit $$failed

bench-load: setup-dev ## 모든 메신저로 한꺼번에 물어 초당 메시지와 대답 시간을 재요 (12분쯤)
	@$(VENV)/python bench/load.py; failed=$$?; $(VENV)/python bench/report.py && exit $$failed

bench-console: setup-dev ## 상담원 50명이 보는 콘솔을 재요: 상황판, 찾기, 화면 (메시지 100만 개, 5분쯤)
	@PYTHONPATH=. $(VENV)/python bench/console.py

bench-stock: setup ## 견줄 기본 Rasa를 학습하고 재요 (몇 시간, 멈추면 다음에 이어서 해요)
	@.venv-rasa/bin/python bench/stock_rasa.py && $(VENV)/python bench/stock_results.py

lock: setup ## requirements/*.in을 바꾼 뒤 고정 목록(*.txt)을 새로 써요
	@export UV_CUSTOM_COMPILE_COMMAND="make lock" UV_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu; \
	compile="$(VENV)/uv pip compile --quiet --no-annotate --no-emit-index-url --no-emit-find-links"; \
	$$compile --python-version 3.10 requirements/rasa.in -o requirements/rasa.txt && \
	$$compile --python-version 3.11 --no-emit-package torch -c requirements/torch.in requirements/app.in -o requirements/app.txt && \
	$$compile --python-version 3.11 --no-emit-package torch -c requirements/torch.in -c requirements/app.txt requirements/dev.in -o requirements/dev.txt

clean: ## 환경, 모델, 시험 찌꺼기를 지워요 (var/의 대화 기록은 남겨요)
	@rm -rf .venv .venv-rasa models build bench/results .mypy_cache .ruff_cache .pytest_cache .hypothesis .rasa *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup setup-dev run cluster cluster-test capacity train test test-faults test-upgrade test-agencies test-browser screenshots pictures words lint audit sbom fuzz bench bench-load bench-console bench-stock lock clean
