"""What `sotong` can do: names, options and help; the work is done in the modules beside this one."""

# ruff: noqa: PLC0415 - a command imports its own module only when it is called: start-up stays quick
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.agencies import agencies
from bot.cli.audit_commands import audit
from bot.cli.key_commands import keys
from bot.cli.release_commands import release
from bot.cli.service_commands import services
from bot.cli.user_commands import users
from bot.settings import Settings

app = typer.Typer(
    name="sotong",
    help="시민 문의에 답하는 챗봇 소통(Sotong)을 켜고, 가르치고, 살펴봐요.",
    no_args_is_help=True,
    add_completion=False,
)
imports = typer.Typer(help="다른 곳에 있던 내용을 가져와요.", no_args_is_help=True)
exports = typer.Typer(help="내용을 표로 꺼내요.", no_args_is_help=True)
app.add_typer(imports, name="import")
app.add_typer(exports, name="export")
app.add_typer(users, name="user")
app.add_typer(agencies, name="agencies")
app.add_typer(release, name="release")
app.add_typer(services, name="services")
app.add_typer(audit, name="audit")
app.add_typer(keys, name="keys")


_SIMULATE = Annotated[
    bool, typer.Option("--simulate", help="계정이 없는 메신저를 sotong simulate로 흉내 낼 수 있게 켜요.")
]


@app.command()
def run(simulate: _SIMULATE = False) -> None:
    """봇 전체를 켜요(Ctrl-C로 멈춰요). 학습된 모델이 없으면 먼저 학습해요."""
    from bot.cli.run import run as start

    raise typer.Exit(start(Settings(), simulate=simulate))


@app.command()
def cluster(simulate: _SIMULATE = False) -> None:
    """여러 서버에 나눠 둔 모양을 이 컴퓨터에 켜요: PostgreSQL, Redis와 Sentinel, nginx, 노드 둘."""
    from bot.cli.cluster import cluster as start

    raise typer.Exit(start(Settings(), simulate=simulate))


@app.command(hidden=True)
def gateway(simulate: _SIMULATE = False) -> None:
    """게이트웨이만 켜요. `sotong run`이 부르는 명령이에요."""
    import uvloop

    from bot.serving import serve
    from bot.telemetry.logs import set_up_logging

    settings = Settings()
    if simulate:
        from demo.platforms.simulation import simulated

        settings = simulated(settings)
    set_up_logging("gateway", settings.log_level)
    uvloop.run(serve(settings))


@app.command()
def follow(
    once: Annotated[bool, typer.Option("--once", help="한 번만 가져오고 끝내요.")] = False,
) -> None:
    """혼자 있는 Rasa 곁에서, 게시한 판의 내용과 모델을 가져다 놓아요(컨테이너에서 써요)."""
    import asyncio

    from bot.cli.follow import follow as start
    from bot.telemetry.logs import set_up_logging

    settings = Settings()
    set_up_logging("follow", settings.log_level)
    raise typer.Exit(asyncio.run(start(settings, once=once)))


@app.command()
def train(
    force: Annotated[bool, typer.Option(help="맞는 모델이 있어도 다시 학습해요.")] = False,
    encoder: Annotated[bool, typer.Option(help="문장 인코더도 우리 답변에 맞춰요.")] = True,
) -> None:
    """의도 모델을 학습하고 문장 인코더를 우리 답변에 맞춰요. 데이터가 그대로면 아무것도 하지 않아요."""
    from bot.cli.adapt import adapt
    from bot.cli.train import train as start

    settings = Settings()
    done = start(settings, force=force) is not None and (not encoder or adapt(settings, force=force))
    raise typer.Exit(0 if done else 1)


@app.command()
def check(
    data: Annotated[Path | None, typer.Argument(help="살펴볼 폴더 (기본: data)")] = None,
    against: Annotated[
        str, typer.Option(help="이 릴리스(번호, active, 또는 폴더)에서 무엇이 나빠지는지 봐요.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="결과를 JSON 하나로 적어요.")] = False,
    intents: Annotated[bool, typer.Option("--intents", help="의도를 알아듣는지도 재요(몇 분).")] = False,
    links: Annotated[bool, typer.Option("--links", help="답변의 웹 주소가 열리는지만 물어봐요.")] = False,
) -> None:
    """내용의 잘못, 헷갈리는 질문, 나빠지는 점검 질문을 파일과 줄, 고치는 법과 함께 알려 줘요."""
    from bot.cli.check import check as start
    from bot.cli.links import check_links

    settings = Settings() if data is None else Settings(data_dir=data)
    if links:
        raise typer.Exit(check_links(settings))
    raise typer.Exit(start(settings, against, as_json=json, intents=intents))


@imports.command("answers")
def import_answers(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, JSONL 파일", exists=True, dir_okay=False)],
    into: Annotated[Path, typer.Option(help="답변을 넣을 폴더")] = Path("data/answers"),
    mapping: Annotated[
        str, typer.Option("--map", help="칸 이름 짝: question=제목,answer=내용,topic=분류,id=번호")
    ] = "",
    replace: Annotated[bool, typer.Option(help="폴더에 있던 같은 이름의 파일을 바꿔요.")] = False,
) -> None:
    """질문과 답을 파일에서 가져와요. 한 줄이라도 쓸 수 없으면 그 줄 번호와 까닭을 알려 줘요."""
    from bot.cli.content import import_answers as start

    raise typer.Exit(start(file, into, mapping, Settings().data_dir, replace=replace))


@exports.command("answers")
def export_answers(
    out: Annotated[Path, typer.Option(help="만들 파일: .csv, .xlsx, .jsonl")],
    answers: Annotated[Path | None, typer.Option(help="이 폴더의 답변을 꺼내요.")] = None,
) -> None:
    """모든 답변을 표로 꺼내요. 고쳐서 스튜디오의 가져오기로 다시 넣을 수 있어요."""
    from bot.cli.content import export_answers as start

    settings = Settings()
    raise typer.Exit(start(out, answers or settings.answers, settings.data_dir))


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="시민의 말")] = None,
    batch: Annotated[Path | None, typer.Option(help='한 줄에 {"id", "query"}가 있는 JSONL')] = None,
    out: Annotated[Path | None, typer.Option(help="결과 JSONL")] = None,
    answers: Annotated[Path | None, typer.Option(help="이 폴더의 답변만 써요.")] = None,
) -> None:
    """봇이 어떻게 알아듣고 무엇이라 답하는지 보여 줘요. 시민의 대화와 같은 길을 지나요."""
    from bot.cli.ask import ask_batch, ask_one

    settings = Settings() if answers is None else Settings(answers_dir=answers.resolve())
    if batch is not None and out is not None:
        raise typer.Exit(ask_batch(settings, batch, out))
    if question is None or batch is not None or out is not None:
        raise typer.BadParameter('질문 하나("여권 얼마예요?")나 --batch와 --out 둘 다를 주세요.')
    raise typer.Exit(ask_one(settings, question))


@app.command()
def evaluate(
    questions: Annotated[
        Path | None, typer.Option(help='한 줄에 {"query", "answers": [맞는 답변 id]}가 있는 JSONL')
    ] = None,
    out: Annotated[Path, typer.Option(help="보고서를 둘 폴더")] = Path("var/evaluation"),
    answers: Annotated[Path | None, typer.Option(help="이 폴더의 답변만 써요.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="questions, intents, retrieval 가운데 이것만 (여러 번 가능)")
    ] = None,
) -> None:
    """우리 내용을 얼마나 잘 알아듣는지 재서 표와 보고서(HTML)로 보여 줘요."""
    from bot.cli.evaluate import PARTS
    from bot.cli.evaluate import evaluate as start

    if unknown := set(only or ()) - set(PARTS):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: {', '.join(PARTS)} 가운데서 골라 주세요.")
    settings = Settings() if answers is None else Settings(answers_dir=answers.resolve())
    raise typer.Exit(start(settings, questions, out, tuple(only or PARTS)))


@app.command()
def chat() -> None:
    """터미널에서 켜져 있는 봇과 이야기해요."""
    from bot.cli.chat import chat as start

    raise typer.Exit(start(Settings()))


@app.command()
def simulate(
    channel: Annotated[str, typer.Option(help="메신저: kakao, line, telegram … (비우면 목록)")] = "",
    citizen: Annotated[str, typer.Option(help="시민의 번호. 같은 번호는 하던 대화를 이어요.")] = "",
    wire: Annotated[bool, typer.Option("--wire", help="오가는 JSON도 보여 줘요.")] = False,
) -> None:
    """계정 없이 메신저를 흉내 내요. `sotong run --simulate`로 켠 봇과 시민처럼 이야기해요."""
    from bot.cli.simulate import simulate as start

    raise typer.Exit(start(Settings(), channel, citizen, wire=wire))


@app.command()
def mask(
    text: Annotated[str, typer.Argument(help="시민의 말. -이면 표준 입력에서 읽어요.")],
    json: Annotated[bool, typer.Option("--json", help="찾은 것과 함께 JSON 하나로 적어요.")] = False,
) -> None:
    """개인정보를 가리고 나면 무엇이 적히는지 보여 줘요."""
    from bot.cli.mask import mask as start

    raise typer.Exit(start(text, as_json=json))


@app.command()
def doctor() -> None:
    """무엇이 되고 무엇이 빠졌는지, 다음에 할 일과 함께 알려 줘요."""
    from bot.cli.doctor import doctor as start

    raise typer.Exit(start(Settings()))


@app.command()
def retention(
    preview: Annotated[
        bool, typer.Option("--preview", help="지우지 않고 무엇이 언제 지워지는지만 보여 줘요.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="결과를 JSON 하나로 적어요.")] = False,
) -> None:
    """보관 기간이 지난 기록을 지워요. 켜져 있는 봇은 한 시간마다 스스로 해요."""
    import asyncio

    from bot.cli import rights

    work = rights.preview if preview else rights.clean
    raise typer.Exit(asyncio.run(work(Settings(), as_json=json)))


@app.command()
def erase(
    replay: Annotated[
        bool, typer.Option("--replay", help="되살린 백업에 다시 나타난 시민을 다시 지워요.")
    ] = False,
    receipt: Annotated[str, typer.Option(help="삭제 접수번호: 어떻게 됐는지 보여 줘요.")] = "",
    json: Annotated[bool, typer.Option("--json", help="결과를 JSON 하나로 적어요.")] = False,
) -> None:
    """지운 시민을 백업에서도 다시 지우거나, 삭제 접수번호를 찾아봐요."""
    import asyncio

    from bot.cli import rights

    if replay == bool(receipt):
        raise typer.BadParameter("--replay나 --receipt 번호 가운데 하나를 주세요.")
    if replay:
        raise typer.Exit(asyncio.run(rights.erase_again(Settings(), as_json=json)))
    raise typer.Exit(asyncio.run(rights.receipt(Settings(), receipt, as_json=json)))


@app.command()
def backup(
    out: Annotated[
        Path | None, typer.Option(help="만들 파일이나 둘 폴더 (기본: var/backups/sotong-날짜.tar.gz)")
    ] = None,
    verify: Annotated[Path | None, typer.Option(help="만들지 않고, 이 백업을 살펴봐요.", exists=True)] = None,
) -> None:
    """대화 기록, 내용, 판, 모델을 파일 하나로 백업해요. 봇이 켜져 있어도 돼요."""
    from bot.cli import backup as work

    done = work.backup(Settings(), out) if verify is None else work.verify(Settings(), verify)
    raise typer.Exit(done)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="sotong backup으로 만든 파일", exists=True, dir_okay=False)],
    yes: Annotated[bool, typer.Option("--yes", help="묻지 않고 되살려요.")] = False,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="비밀 값을 잃었어도 되살려요. 잠가 둔 값은 열 수 없어요.")
    ] = False,
) -> None:
    """백업을 되살려요. 봇이 켜져 있으면 하지 않아요. 지금 있는 것은 따로 남겨요."""
    from bot.cli.backup import restore_from

    raise typer.Exit(restore_from(Settings(), file, yes=yes, without_keys=without_keys))


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="이 번호까지(기본: 이 판의 것). 되돌릴 때도 써요.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="되돌리면 지워지는 것이 있어도 해요.")] = False,
) -> None:
    """데이터베이스의 표를 이 판에 맞춰요. 봇의 계정이 표를 바꿀 수 없을 때 먼저 해요."""
    from bot.cli.migrate import migrate as start

    raise typer.Exit(start(Settings(), to, yes=yes))
