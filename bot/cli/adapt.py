"""Fits the sentence encoder to the agency's own answers, as the second half of `sotong train`."""

from __future__ import annotations

import time

from rich.console import Console

from bot.content.live_thesaurus import LiveThesaurus
from bot.content.load import load_answers
from bot.settings import Settings


def adapt(settings: Settings, *, force: bool = False, console: Console | None = None) -> bool:
    """Adapt the default encoder and tell what it brought; False when the result could not be kept (told why).

    Another encoder named in the settings is left as it is.
    """
    console = console or Console(stderr=True, soft_wrap=True)
    if settings.encoder != "sotong":
        console.print(f"[green]✓[/] 문장 인코더는 설정한 {settings.encoder}을(를) 그대로 써요.")
        return True
    from bot.encoder.adapt import adapt_encoder  # noqa: PLC0415 - torch takes seconds to import

    started = time.monotonic()
    answers = load_answers(settings.answers).answers
    with console.status(f"문장 인코더를 답변 {len(answers):,}개에 맞추고 있어요 (1분 안팎)"):
        try:
            thesaurus = LiveThesaurus(settings.data_dir / "thesaurus").current()
            result = adapt_encoder(settings.var_dir / "encoder", answers, thesaurus, force=force)
        except OSError as error:
            console.print(f"[red]✗[/] 맞춘 인코더를 저장하지 못했어요: {error}", highlight=False)
            return False
    seconds = f"{time.monotonic() - started:.0f}초"
    if result is None:
        console.print("[green]✓[/] 문장 인코더는 지금 답변에 이미 맞춰져 있어요.")
    elif result.after > result.before:
        console.print(
            f"[green]✓[/] 문장 인코더를 답변에 맞췄어요: 따로 떼어 둔 질문이 제 답을 찾은 비율 "
            f"{result.before:.1%} → {result.after:.1%} ({seconds}). 봇을 다시 켜면 쓰여요.",
            highlight=False,
        )
    else:
        console.print(f"[green]✓[/] 문장 인코더는 기본 그대로가 가장 나아요 ({seconds}).", highlight=False)
    return True
