"""A candidate: the content as it stands in a folder, and drafts written into a copy of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from bot.content.document import Unreadable
from bot.content.importer.writer import file_names
from bot.content.load import answer_files
from bot.content.problem import Problem
from bot.releases.folder import take
from bot.studio import splice
from bot.studio.answer_text import read_answer, with_topic, without_topic
from bot.studio.drafts import Draft
from bot.studio.settling import Conflict, settle_answer, settle_file
from bot.studio.topic_file import Span, TopicFile
from bot.studio.yaml_text import same

ANSWERS = Path("data/answers")


def compose(root: Path, drafts: Sequence[Draft], into: Path) -> list[Conflict]:
    """Copy the content of `root` to `into`, which is made, and write the drafts into the copy.

    What cannot be brought together is told; there the candidate has what the draft says. Files that no draft
    changes stay as they are, to the byte and to the time of their last change. Raises OSError.
    """
    take(root, into)
    answers = [draft for draft in drafts if draft.item.startswith("answer:")]
    files = [draft for draft in drafts if draft not in answers]
    conflicts = [_write_file(into, draft) for draft in files]
    candidate = _Candidate(into)
    conflicts += [candidate.take(draft) for draft in answers]
    candidate.write()
    return [conflict for conflict in conflicts if conflict]


def _write_file(root: Path, draft: Draft) -> Conflict | None:
    path = root / draft.item.removeprefix("file:")
    try:
        settled = settle_file(draft, _read(path) if path.exists() else None)
    except Unreadable as error:
        return Conflict(draft.item, draft.title, "unreadable", problem=error.problem)
    if settled.text is None:
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(settled.text.encode())
    return settled.conflict


class _Candidate:
    """A folder's answers while drafts are taken in; each answer has one draft at most."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._topics = {path: file for path in _files(root / ANSWERS) if (file := _topic(path))}
        self._homes = {id_: path for path, file in self._topics.items() for id_ in _ids(file)}
        self._changed: dict[Path, dict[str, str | None]] = defaultdict(dict)
        """By file and id, entries' new texts; None: it goes."""
        self._added: dict[Path, list[str]] = defaultdict(list)

    def take(self, draft: Draft) -> Conflict | None:
        """Take one draft in; what stands in its way is told."""
        try:
            return self._answer(draft.item.removeprefix("answer:"), draft)
        except Unreadable as error:
            return Conflict(draft.item, draft.title, "unreadable", problem=error.problem)

    def write(self) -> None:
        """Write what changed. Raises OSError."""
        for path in self._changed.keys() | self._added.keys():
            text = self._topics[path].changed(self._changed[path], self._added[path])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())

    def _answer(self, id_: str, draft: Draft) -> Conflict | None:
        path, span = self._home(id_)
        now = None if span is None else with_topic(path.stem, self._topics[path].entry(span))
        settled = settle_answer(draft, now)
        if settled.text is None:
            if span is not None:
                self._changed[path][id_] = None
            return settled.conflict
        written = read_answer(settled.text)
        target = self._file_of(written.topic)
        if span is None:
            self._added[target].append(without_topic(settled.text))
            return settled.conflict
        file = self._topics[path]
        if same(file.read(span).data, written.fields) and target == path:
            return settled.conflict
        entry = splice.change(file.entry(span), written.fields)
        self._changed[path][id_] = entry if target == path else None
        if target != path:
            self._added[target].append(entry)
        return settled.conflict

    def _home(self, id_: str) -> tuple[Path, Span | None]:
        """Where an answer stands."""
        path = self._homes.get(id_)
        return (path, self._topics[path].find(id_)) if path else (self._root, None)

    def _file_of(self, topic: str) -> Path:
        """The file of a topic: by its name, by what it calls its topic, or a new one."""
        named = {path.stem: path for path in self._topics}
        if topic in named:
            return named[topic]
        for path, file in self._topics.items():
            if file.topic == topic:
                return path
        path = self._root / ANSWERS / file_names([topic])[topic]
        text = _read(path) if path.exists() else splice.render({"topic": topic})
        self._topics[path] = TopicFile(text, path)
        return path


def _topic(path: Path) -> TopicFile | None:
    """A topic's file; None when it is no text, which the checks tell."""
    try:
        return TopicFile(_read(path), path)
    except Unreadable:
        return None


def _files(folder: Path) -> list[Path]:
    return answer_files(folder) if folder.is_dir() else []


def _ids(file: TopicFile) -> Sequence[str]:
    """Ids of a file's answers; none when it cannot be read, which the checks tell."""
    try:
        return tuple(file.ids())
    except Unreadable:
        return ()


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        said, remedy = "UTF-8로 저장된 파일이 아니에요", "‘UTF-8’로 다시 저장해 주세요."
        raise Unreadable(Problem(path, 1, "bad-yaml", said, remedy)) from error
