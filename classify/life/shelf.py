"""A folder of models: candidates, the live one, those before it, and the shadow beside it.

    <id>.model    the signed model file          <id>.json   what was measured, signed too
    <id>.md       the model card                 history.jsonl   what was done, the last line counts

Nothing is overwritten or removed; which model is live follows from the history alone, which is
only ever added to. Source: F27; own decision 0029.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from classify.learning.riskcontrol import Promise
from classify.life import card, gate
from classify.life.gate import Measured
from classify.life.history import History
from classify.measuring.measures import CodeFigures
from classify.model import file as modelfile
from classify.model.model import Model
from rules.errors import Conflict, Refused

_SHORTEST_REASON: Final = 10
"""Characters; as for a clerk's reasoned "no" (rules/item.py)."""


@dataclass(frozen=True, slots=True)
class Record:
    """What stands beside a model file. `measured` and `promise` are None for foreign label sets."""

    id: str
    data_sha256: str
    mails: int
    measured: Measured | None
    promise: Promise | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folder and the key of its signatures. Holds no state: another process may change it."""

    folder: Path
    key: bytes

    @property
    def _history(self) -> History:
        return History(self.folder / "history.jsonl")

    def model_path(self, model_id: str) -> Path:
        """The model's file. Raises: Refused: `model.unknown`."""
        path = self.folder / f"{model_id}.model"
        if not model_id.replace("-", "").isalnum() or not path.is_file():
            known = ", ".join(self.ids()) or "none"
            raise Refused(
                "model.unknown",
                f"{self.folder} holds no model {model_id[:60]}; there are: {known}",
                folder=str(self.folder),
            )
        return path

    def load(self, model_id: str) -> Model:
        """The model of that name.

        Raises: Refused: `model.unknown`; `model.other`: a model of another name lies in its file;
        and as `classify.model.file.load`.
        """
        path = self.model_path(model_id)
        model = modelfile.load(path, self.key)
        if name_of(model) != model_id:
            raise Refused(
                "model.other",
                f"{path} holds the model {name_of(model)}; copy the right file there again",
                path=str(path),
            )
        return model

    def ids(self) -> tuple[str, ...]:
        """All models, in alphabetical order."""
        return tuple(sorted(path.stem for path in self.folder.glob("*.model")))

    def record(self, model_id: str) -> Record:
        """What was measured. Raises: Refused: `model.unknown`, `model.record`."""
        path = self.model_path(model_id).with_suffix(".json")
        try:
            signed = json.loads(path.read_bytes())
            body = signed["record"]
            right = hmac.compare_digest(_mac(self.key, body), signed["hmac"])
            # Signed as well is the record of another model, copied here.
            right = right and body["id"] == model_id
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise _bad_record(path) from exc
        if not right:
            raise _bad_record(path)
        return _record(body)

    def live(self) -> str | None:
        """The live model's id; None as long as none was activated."""
        past = self._past_lives()
        return past[-1] if past else None

    def shadow(self) -> str | None:
        """The id of the model that runs beside the live one; None if there is none."""
        found: str | None = None
        for entry in self._history.entries():
            if entry["deed"] in {"shadow", "shadow_off"}:
                found = entry["id"] if entry["deed"] == "shadow" else None
        return None if found == self.live() else found

    def shadow_counts(self, live: str, shadow: str, process: int) -> Path:
        """Where a process writes what differed; `process` is no other's, nor an earlier run's."""
        return self.folder / "shadow" / f"{live}.{shadow}" / f"{process}.json"

    def all_shadow_counts(self, shadow: str) -> tuple[Path, ...]:
        """What all processes counted of the shadow beside the live model, since both are there."""
        folder = self.shadow_counts(self.live() or "", shadow, 0).parent
        return tuple(sorted(folder.glob("*.json")))

    def add(self, model: Model, measured: Measured | None, promise: Promise | None) -> Record:
        """Put a candidate on the shelf with record and card; the same model again changes nothing.

        Nothing goes live by it.
        """
        origin = model.origin
        record = Record(name_of(model), origin.data_sha256, origin.mails, measured, promise)
        path = self.folder / f"{record.id}.model"
        body = asdict(record)
        signed = json.dumps({"record": body, "hmac": _mac(self.key, body)}, indent=1)
        rendered = card.render(record.id, model, measured, promise)
        modelfile.write_whole(path.with_suffix(".json"), signed.encode())
        modelfile.write_whole(path.with_suffix(".md"), rendered.encode())
        # Last: a model without its record would end each listing of the shelf.
        modelfile.save(model, path, self.key)
        return record

    def activate(self, model_id: str, *, at: datetime, by: str, despite: str = "") -> None:
        """Let a model go live, through the gate. `despite` is a written reason to pass it anyway.

        A worker that runs takes it at its next start.

        Raises: Refused: `model.unknown`, `model.record`, `model.gate`, `model.reason_too_short`,
            and as `load`.
        """
        self.load(model_id)
        with self._history.alone():
            live = self.live()
            if live is not None and live != model_id:
                self._pass_gate(model_id, live, despite)
            self._history.add(at, "activate", model_id, by=by, reason=despite)

    def before(self) -> str:
        """The model that was live before the live one. Raises: Refused: `model.no_earlier`."""
        past = self._past_lives()
        if len(past) < 2:
            raise Refused(
                "model.no_earlier",
                f"{self.folder} knows no model that was live before; activate one",
                folder=str(self.folder),
            )
        return past[-2]

    def rollback(self, to: str, *, at: datetime, by: str, reason: str) -> bool:
        """Let the model before the live one go live again, without a gate; False: it is already.

        `to` is its id, so that who repeats himself does not go back one more.
        Raises: Refused: `model.no_earlier`, and as `load`. Conflict: `model.changed`: another one
            was live before.
        """
        with self._history.alone():
            live = self.live()
            if live == to:
                return False
            earlier = self.before()
            if earlier != to:
                raise Conflict(
                    "model.changed",
                    f"{live} is live, and before it {earlier} was, not {to[:60]}; see `model list`",
                    live=live,
                    earlier=earlier,
                )
            self.load(to)
            self._history.add(at, "rollback", to, by=by, reason=reason)
            return True

    def set_shadow(self, model_id: str | None, *, at: datetime, by: str) -> None:
        """Let a model run beside the live one, or none. Raises: Refused: `model.unknown`."""
        if model_id is not None:
            self.load(model_id)
        deed = "shadow" if model_id else "shadow_off"
        with self._history.alone():
            self._history.add(at, deed, model_id or "", by=by, reason="")

    def _pass_gate(self, candidate: str, live: str, despite: str) -> None:
        found = gate.objections(self.record(candidate).measured, self.record(live).measured)
        if not found:
            return
        if not despite:
            raise Refused(
                "model.gate",
                f"model {candidate} may not replace {live}: {', '.join(found)}; see both cards, "
                "train a better one, or give a written reason",
                objections=found,
            )
        if len(despite.strip()) < _SHORTEST_REASON:
            raise Refused(
                "model.reason_too_short",
                f"the reason needs {_SHORTEST_REASON} characters; write why it goes live anyway",
            )

    def _past_lives(self) -> list[str]:
        """The models that were live, oldest first; a rollback takes the last one away."""
        past: list[str] = []
        for entry in self._history.entries():
            if entry["deed"] == "activate" and past[-1:] != [entry["id"]]:
                past.append(entry["id"])
            elif entry["deed"] == "rollback":
                past.pop()
        return past


def name_of(model: Model) -> str:
    """The name on the shelf, and in verdicts: data, and a hash over what training made of them.

    `Model.id` alone would be the same for the same mails under other code. Calibration is fitted
    on the margins of all targets, so other weights give other sigmoids.
    """
    parts = (model.targets, model.slopes, model.offsets, model.thresholds, model.ranks)
    whole = repr((*parts, model.payment_bound, model.payment_sure, asdict(model.origin)))
    return f"{model.origin.data_sha256[:12]}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def _mac(key: bytes, body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _record(body: dict[str, Any]) -> Record:
    measured, promise = body["measured"], body["promise"]
    if measured is not None:
        codes = tuple(CodeFigures(**row) for row in measured["codes"])
        writers = tuple(measured["writers"])
        measured = Measured(**{**measured, "writers": writers, "codes": codes})
    return Record(**{**body, "measured": measured, "promise": promise and Promise(**promise)})


def _bad_record(path: Path) -> Refused:
    return Refused(
        "model.record",
        f"{path} is missing, was changed, is another model's, or is signed with another key; train"
        " the model again",
        path=str(path),
    )
