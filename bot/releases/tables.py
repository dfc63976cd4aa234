"""Tables of the releases; the migrations create them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class ReleaseBlob(Base):
    """A file's bytes, kept once for all releases that have it."""

    __tablename__ = "release_blobs"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    """Bytes of the file."""
    packed: Mapped[bytes] = mapped_column(LargeBinary)
    """zlib."""


class ReleaseRow(Base):
    """A release; never changed, but for a model that was trained later."""

    __tablename__ = "releases"
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    operator_id: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    who: Mapped[str]
    """Their name at that time; for the command line its user."""
    why: Mapped[str]
    follows: Mapped[int | None]
    """The release that was active when it was made."""
    content: Mapped[str] = mapped_column(String(64))
    """Fingerprint of all files; also of the index, which follows from them."""
    verdict: Mapped[dict[str, Any]]
    """What the gate said."""
    overruled: Mapped[str]
    """Why it was published all the same; empty when the gate let it pass."""
    model: Mapped[str] = mapped_column(String(80))
    """File name of the model that the content asks for."""
    model_sha256: Mapped[str | None] = mapped_column(String(64), ForeignKey("release_blobs.sha256"))


class ReleaseFile(Base):
    """A file of a release."""

    __tablename__ = "release_files"
    number: Mapped[int] = mapped_column(
        Integer, ForeignKey("releases.number", ondelete="CASCADE"), primary_key=True
    )
    path: Mapped[str] = mapped_column(String(400), primary_key=True)
    """From the project's root: `data/answers/passport.yml`."""
    sha256: Mapped[str] = mapped_column(String(64), ForeignKey("release_blobs.sha256"), index=True)


class ReleasePointer(Base):
    """Which release is active: one row, with id 1; none as long as nothing was published."""

    __tablename__ = "release_pointer"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int | None] = mapped_column(Integer, ForeignKey("releases.number"))
    """None only inside the first publication."""
    counter: Mapped[int]
    """Counts up with every change: who publishes says which they saw."""


class ReleaseActivation(Base):
    """Once that a release became active."""

    __tablename__ = "release_activations"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    """first, publish or rollback."""
    operator_id: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    who: Mapped[str]
    why: Mapped[str]


class ReleaseProcess(Base):
    """What a running process serves, as it said last."""

    __tablename__ = "release_processes"
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    """Such as `gateway@host`."""
    number: Mapped[int | None]
    """None: the files as they stand in `data/`."""
    model: Mapped[str] = mapped_column(String(80))
    """Of a Rasa server."""
    fault: Mapped[str]
    """Why it does not serve what it should; empty = all is well."""
    since: Mapped[datetime]
    """When it began to serve this."""
    seen_at: Mapped[datetime]
