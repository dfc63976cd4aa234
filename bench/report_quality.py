"""The report's tables and plots of what is understood and found."""

from __future__ import annotations

from typing import Any

from about import read
from report_parts import how, met

from bot.evaluation import charts
from bot.evaluation.report import Chart, Part, Section, Table
from bot.evaluation.scores import Bin
from bot.evaluation.sections import percent

SIDES = {"ours": "소통", "stock_rasa": "기본 Rasa (DIET)"}
NAMES = {
    "Sotong": "소통",
    "Sotong without thesaurus": "소통, 시민말 사전 없이",
    "Sotong without encoder": "소통, 뜻 벡터 없이",
    "BM25, morphemes": "BM25 (형태소)",
    "TF-IDF, characters 2-4": "TF-IDF (글자 2–4개)",
    "Rasa 3.6.21 ResponseSelector": "기본 Rasa ResponseSelector",
    "as written": "쓴 그대로",
    "no spaces": "띄어쓰기를 모두 없앰",
    "10 % of syllables mistyped": "글자 10%를 잘못 침",
    "English keyboard": "영문 자판으로 침",
    "banking77-10shot": "BANKING77, 의도마다 10문장",
    "banking77-full": "BANKING77, 전부",
    "clinc150": "CLINC150",
    "sotong-ko": "소통의 한국어 의도",
    "hwu64": "HWU64, 잰 묶음의 평균",
}
_TARGETS_OF_QUALITY = (
    ("첫째에 맞는 답, 공손한 질문", "plain", "R@1", 0.68),
    ("첫째에 맞는 답, 편한 말", "colloquial", "R@1", 0.83),
    ("첫째에 맞는 답, 오타가 있는 말", "noisy", "R@1", 0.80),
    ("첫째에 맞는 답, 모두", "in-scope", "R@1", 0.77),
    ("셋 안에 맞는 답, 공손한 질문", "plain", "R@3", 0.84),
    ("셋 안에 맞는 답, 편한 말", "colloquial", "R@3", 0.93),
    ("셋 안에 맞는 답, 오타가 있는 말", "noisy", "R@3", 0.92),
    ("셋 안에 맞는 답, 모두", "in-scope", "R@3", 0.90),
    ("도움이 됨", "in-scope", "helped", 0.85),
    ("틀린 답을 줌", "in-scope", "misled", -0.10),
    ("모른다고 함, 상관없는 말", "oos", "refused", 0.95),
    ("모른다고 함, 비슷하지만 답이 없는 말", "oos_near", "refused", 0.70),
)
"""Least rates; a negative number is the most that is allowed."""
_MOST_LOST = 0.04
_MOST_MS = {2_645: 8.0, 100_000: 25.0}
_MOST_MB = 1024.0


def quality(result: dict[str, Any]) -> Section:
    """`retrieval_quality.json`."""
    table: dict[str, dict[str, dict[str, float]]] = result["rates"]
    ours = table["Sotong"]
    columns = {
        "공손한": ("plain", "R@1"), "편한": ("colloquial", "R@1"), "오타": ("noisy", "R@1"),
        "첫째에": ("in-scope", "R@1"), "셋 안에": ("in-scope", "R@3"), "도움이 됨": ("in-scope", "helped"),
        "틀린 답": ("in-scope", "misled"), "모른다(상관없음)": ("oos", "refused"),
        "모른다(비슷함)": ("oos_near", "refused"),
    }  # fmt: skip
    rows = []
    for name, scores in table.items():
        cells = [scores.get(style, {}).get(rate) for style, rate in columns.values()]
        rows.append((NAMES[name], *("–" if cell is None else percent(cell) for cell in cells)))
    targets = []
    for label, style, rate, limit in _TARGETS_OF_QUALITY:
        got = ours[style][rate]
        bound = f"{limit:.0%} 이상" if limit > 0 else f"{-limit:.0%} 이하"
        targets.append((label, bound, percent(got), met(got >= limit if limit > 0 else got <= -limit)))
    noise = [
        (NAMES[name], percent(row["R@1"]), percent(row["lost"]), met(row["lost"] <= _MOST_LOST))
        for name, row in result["noise"].items()
    ]
    styles = {"공손한": "plain", "편한": "colloquial", "오타": "noisy", "모두": "in-scope"}
    shown = [name for name in table if "without" not in name]
    picture = charts.bars(
        list(styles),
        {NAMES[name]: [table[name][style]["R@1"] * 100 for style in styles.values()] for name in shown},
        "첫째에 맞는 답 (%)",
    )
    alt = "; ".join(f"{NAMES[name]} {percent(table[name]['in-scope']['R@1'])}" for name in shown)
    return Section(
        "답변 찾기",
        (
            f"서울시 120다산콜의 답변 {result['answers']:,}개에 시민의 질문 {result['questions']}개를 "
            "물었어요. 앞의 셋은 질문 갈래마다 첫째에 맞는 답이 온 비율이에요. BM25와 TF-IDF는 순서만 매기고 "
            "모른다고 할 줄 몰라서 나머지 칸이 비어요. 소통의 가중치는 이 질문들로 정했어요. 교차검증한 값은 "
            "python -m bot.retrieval.calibrate가 보여 줘요.",
            Table("견주어 보면", ("찾는 방법", *columns), tuple(rows)),
            Chart("질문 갈래마다 첫째에 맞는 답", picture, f"질문 모두에서: {alt}. 수치는 위 표에 있어요."),
            Table("목표", ("무엇", "목표", "잰 값", "결과"), tuple(targets)),
            Table(
                "공손한 질문을 흐트러뜨리면 (4점까지 괜찮아요)",
                ("어떻게", "첫째에 맞는 답", "잃은 점수", "결과"),
                tuple(noise),
            ),
            how(result["about"]),
        ),
    )


def sizes(result: list[dict[str, float]]) -> Section:
    """`retrieval.json`."""
    rows = []
    for row in result:
        limit = _MOST_MS.get(int(row["answers"]), max(_MOST_MS.values()))
        good = row["p95_ms"] <= limit and row["rss_mb"] <= _MOST_MB
        rows.append(
            (
                f"{row['answers']:,.0f}개",
                f"{row['p50_ms']:.1f} ms",
                f"{row['p95_ms']:.1f} ms",
                f"{limit:.0f} ms",
                f"{row['rss_mb']:,.0f} MB",
                f"{row['one_edit_ms']:,.0f} ms",
                met(good),
            )
        )
    head = ("답변", "찾기(중앙값)", "찾기(95%)", "목표(95%)", "메모리", "답변 하나 고칠 때", "결과")
    explained = (
        "크기마다 프로세스를 따로 띄워 코어 하나로 쟀어요. 메모리는 형태소 분석기와 뜻 벡터까지 더한 값이고 "
        f"{_MOST_MB:,.0f} MB까지 괜찮아요. 2,645개는 진짜 답변, 그보다 많은 것은 그 낱말로 지어낸 답변이에요."
    )
    return Section("답변이 많아지면", (explained, Table("빠르기와 메모리", head, tuple(rows))))


def intents(result: dict[str, Any]) -> Section:
    """`intents.json`."""
    head = (
        "데이터",
        "누가",
        "맞힌 비율",
        "ECE",
        "범위 밖 AUROC",
        "학습",
        "학습 CPU",
        "한 문장",
        "한 문장 CPU",
    )
    rows = []
    for name, sides in result.items():
        for side, row in sides.items():
            oos = f"{row['oos_auroc']:.3f}" if "oos_auroc" in row else "–"
            cells = (percent(row["accuracy"]), f"{row['ece']:.3f}", oos)
            seconds = (f"{row['train_s']:,.0f}초", f"{row['train_cpu_s']:,.0f}초")
            parse = (f"{row['parse_ms']:.1f} ms", f"{row['parse_cpu_ms']:.1f} ms")
            rows.append((_set_name(name), SIDES[side], *cells, *seconds, *parse))
    parts: list[Part] = [
        "둘 다 Rasa 3.6.21이 같은 문장으로 배우고 같은 문장에 답했어요. 기본 Rasa는 rasa init이 적어 주는 "
        "파이프라인 그대로예요(DIET 100 epoch). BANKING77은 학습 파일에서 의도마다 5분의 1을 떼어 물었어요. "
        "모두 스레드 하나로 돌렸고, 학습하는 동안 컴퓨터가 다른 일도 했어요. 그래서 빠르기는 CPU 시간으로 "
        "견주세요.",
        Table("의도 알아맞히기", head, tuple(rows)),
    ]
    for name, sides in result.items():
        curves = {
            SIDES[side]: [Bin(0, 1, *bin_) for bin_ in row["calibration"]]
            for side, row in sides.items()
            if row.get("calibration")
        }
        if curves and name in ("sotong-ko", "banking77-full", "clinc150"):
            alt = ", ".join(f"{SIDES[side]} ECE {row['ece']:.3f}" for side, row in sides.items())
            parts.append(Chart(f"자신감: {_set_name(name)}", charts.calibration_curve(curves), alt))
    parts.append(how(read("intents_about.json")))
    return Section("의도", tuple(parts))


def _set_name(name: str) -> str:
    return NAMES.get(name) or f"HWU64, 묶음 {name.rpartition('-')[2]}"
