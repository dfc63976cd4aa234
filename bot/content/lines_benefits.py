"""Sentences of `data/persona.yml` about benefits."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.lines import Line, line

LINES: Mapping[str, Line] = {
    "benefits_start": line("받을 수 있는 혜택을 찾으려고 묻기 시작할 때; 아래에 첫 질문이 이어져요"),
    "benefits_start_one": line("이름을 댄 혜택의 조건을 살펴보기 시작할 때", "service"),
    "benefits_facts": line("무엇을 듣고 찾았는지 보여 줄 때", "facts"),
    "benefits_noted": line("질문과 다른 형편을 말해 주어 적어 둘 때; 아래에 질문이 이어져요", "facts"),
    "benefits_again": line("답으로 알아듣지 못해 같은 질문을 다시 할 때"),
    "benefits_first": line("앞 질문으로 가려는데 첫 질문일 때"),
    "benefits_bad_age": line("있을 수 없는 나이를 말했을 때", "said"),
    "benefits_bad_birth_year": line("있을 수 없는 태어난 해를 말했을 때", "said"),
    "benefits_bad_household_size": line("있을 수 없는 식구 수를 말했을 때", "said"),
    "benefits_bad_income_percent": line("있을 수 없는 소득을 말했을 때", "said"),
    "benefits_ask_age": line("나이를 물을 때; 아래에 단추가 붙어요"),
    "benefits_ask_sex": line("성별을 물을 때"),
    "benefits_ask_income_percent": line(
        "식구 수를 모르면서 소득을 물을 때; table은 식구 수별 금액", "year", "table"
    ),
    "benefits_ask_income_won": line("식구 수를 알고 소득을 물을 때", "people"),
    "benefits_ask_people": line("소득을 들었고 식구 수가 필요할 때"),
    "benefits_ask_traits": line("직업·건강·임신 같은 특성을 물을 때"),
    "benefits_ask_household": line("가구의 사정을 물을 때"),
    "benefits_ask_business": line("사업을 하는지 물을 때"),
    "benefits_ask_business_kind": line("무슨 가게를 하는지 물을 때"),
    "benefits_ask_organisation": line("법인·시설·단체를 대신해 묻는지 물을 때"),
    "benefits_ask_organisation_kind": line("법인·시설·단체의 업종을 물을 때"),
    "benefits_ask_another": line("하나를 골랐고 또 있는지 물을 때", "facts"),
    "benefits_found": line("받을 수 있을 듯한 혜택을 보여 줄 때; 아래에 카드가 붙어요", "count"),
    "benefits_page": line("그다음 혜택을 보여 줄 때", "first", "last", "count"),
    "benefits_none": line("조건이 모두 맞는 혜택을 찾지 못했을 때", "department", "department_phone"),
    "benefits_open": line("더 알면 정해지는 혜택이 있을 때", "count", "questions"),
    "benefits_notice": line("결과 끝에 늘 붙는 말: 가능성일 뿐이고 최종 확인은 담당 부서가 한다는 것"),
    "benefits_one_yes": line("이름을 댄 혜택의 조건이 모두 맞을 때", "service"),
    "benefits_one_no": line("이름을 댄 혜택의 조건에 맞지 않는 것이 있을 때", "service"),
    "benefits_one_unknown": line("이름을 댄 혜택의 조건 가운데 모르는 것이 있을 때", "service"),
    "benefits_no_conditions": line("이름을 댄 혜택에 조건이 따로 적혀 있지 않을 때", "service"),
    "benefits_holds": line("맞는 조건 하나", "condition", "needed", "given"),
    "benefits_fails": line("맞지 않는 조건 하나", "condition", "needed", "given"),
    "benefits_unsure": line("아직 모르는 조건 하나", "condition", "needed"),
    "benefits_anyone": line("혜택에 조건이 따로 적혀 있지 않을 때의 까닭"),
    "benefits_cancelled": line("혜택 찾기를 그만둘 때"),
    "benefits_empty": line("혜택 목록이 아직 없을 때", "department", "department_phone"),
}
