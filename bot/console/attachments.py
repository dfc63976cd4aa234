"""Looking at what a citizen sent. It is fetched from the platform each time and kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from aiohttp import web

from bot.channel import Channel, MediaError, NoMedia
from bot.console.guard import WHO, needs
from bot.console.labels import CHANNELS
from bot.console.words import N_, Words, told, words
from bot.kinds import ENDINGS, SHOWN, kind_of
from bot.log.queries import Transcripts
from bot.staff.audit import AuditTrail

_SANDBOX = "default-src 'none'; sandbox"
_WHY: Mapping[NoMedia, str] = {
    NoMedia.UNAVAILABLE: N_("이 채널에서는 시민이 보낸 파일을 여기서 볼 수 없어요."),
    NoMedia.GONE: N_("%(channel)s에 이 파일이 없어요. 기간이 지났거나, 지워졌거나, 아직 준비되지 않았어요."),
    NoMedia.TOO_BIG: N_("파일이 10 MB보다 커서 여기서 볼 수 없어요. 시민에게 더 작은 파일을 부탁해 주세요."),
    NoMedia.FORBIDDEN: N_("파일의 주소가 허락된 곳이 아니라서 열지 않았어요. 관리자에게 알려 주세요."),
    NoMedia.UNREACHABLE: N_("%(channel)s에서 파일을 받지 못했어요. 잠시 뒤 다시 눌러 주세요."),
}
_STRANGE = N_("사진, 음성, PDF만 여기서 볼 수 있어요. 이 파일은 다른 종류라 열지 않았어요.")
_NOT_YOURS = N_("시민이 보낸 파일은 그 대화를 맡은 상담원만 볼 수 있어요. 먼저 대화를 맡아 주세요.")

log = structlog.get_logger(__name__)


class AttachmentPages:
    """Serves what is attached to a message to the operator who has the conversation."""

    def __init__(self, transcripts: Transcripts, channels: Mapping[str, Channel], audit: AuditTrail) -> None:
        self._log = transcripts
        self._channels = channels
        self._audit = audit

    def routes(self) -> list[web.RouteDef]:
        """The message is named by its number in the conversation, what is attached by its place."""
        place = r"/conversations/{id:\d{1,18}}/attachments/{seq:\d{1,9}}/{place:\d{1,3}}"
        return [web.get(place, self.attachment)]

    @needs("talk")
    async def attachment(self, request: web.Request) -> web.Response:
        """A picture to look at, else something to save. 404 where there is none, 409 with the reason."""
        number, seq, place = (int(request.match_info[name]) for name in ("id", "seq", "place"))
        conversation = await self._log.conversation(number)
        if conversation is None:
            raise web.HTTPNotFound
        who = request[WHO]
        if conversation.state != "operator" or conversation.operator_id != who.operator_id:
            raise web.HTTPConflict(text=told(request, _NOT_YOURS))
        lines = await self._log.history(number, before=seq + 1, limit=1)
        attachments = lines[0].attachments if lines and lines[0].seq == seq else ()
        if place >= len(attachments) or not attachments[place].ref:
            raise web.HTTPNotFound
        await self._audit.note(who.operator_id, "attachment", f"conversation:{number}", f"{seq}/{place}")
        return await look(
            self._channels,
            conversation.channel,
            attachments[place].ref,
            f"{number}-{seq}-{place}",
            words(request),
        )


async def look(
    channels: Mapping[str, Channel], channel: str, ref: str, name: str, say: Words
) -> web.Response:
    """What a platform keeps under `ref`, as a picture or, under a name, to save. 409 with the reason."""
    try:
        if channel not in channels:
            raise MediaError(NoMedia.UNAVAILABLE)
        content = await channels[channel].fetch(ref)
    except MediaError as error:
        log.warning("attachment_not_fetched", channel=channel, reason=error.reason.value)
        where = say(CHANNELS.get(channel, channel))
        raise web.HTTPConflict(text=say(_WHY[error.reason], channel=where)) from error
    kind = kind_of(content)
    if kind is None:
        raise web.HTTPConflict(text=say(_STRANGE))
    shown = "inline" if kind in SHOWN else "attachment"
    return web.Response(
        body=content,
        content_type=kind,
        headers={
            "Content-Disposition": f'{shown}; filename="{name}.{ENDINGS[kind]}"',
            "Content-Security-Policy": _SANDBOX,
            "Cache-Control": "no-store",
        },
    )
