"""What came of trying a feed, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aggregator.cli.sources.block import as_block
from aggregator.cli.sources.trial_text import reason_of
from aggregator.core.dates import believed
from aggregator.masking import masked

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.gather.trial import Comparison, Question, Trial
    from aggregator.sources.examination import Examination
    from aggregator.sources.http import Response


def as_object(trial: Trial, question: Question, now: datetime) -> dict[str, Any]:
    """Return what came of a trial, for programs."""
    fault, response, examined = trial.fault, trial.response, trial.examined
    return {
        "url": masked(trial.url),
        "usable": fault is None,
        "source": question.source.name if question.source else None,
        "fault": {"code": fault.code, "location": fault.location, "reason": reason_of(trial)} if fault else None,
        "page": masked(trial.page) if trial.page else None,
        "leads": [{"url": one.href, "title": one.title, "type": one.media_type} for one in trial.leads],
        "guessed": list(trial.guessed),
        "answer": _answer_object(response) if response and response.status else None,
        "feed": _feed_object(trial, examined, now) if examined and not examined.document.fault else None,
        "doubts": [{"code": one.code, "seen": one.seen, "means": one.means} for one in trial.doubts],
        "state": _compared_object(trial.compared) if trial.compared else None,
        "configuration": as_block(trial, question) or None,
    }


def _answer_object(response: Response) -> dict[str, Any]:
    return {
        "status": response.status,
        "url": masked(response.url),
        "moved": masked(response.moved) if response.moved else None,
        "type": response.media_type,
        "bytes_sent": response.received,
        "bytes": len(response.body),
        "etag": bool(response.etag),
        "last_modified": bool(response.modified),
        "fresh_seconds": round(response.fresh_for.total_seconds()) if response.fresh_for else None,
        "retry_after_seconds": round(response.retry_after.total_seconds()) if response.retry_after else None,
    }


def _feed_object(trial: Trial, examined: Examination, now: datetime) -> dict[str, Any]:
    document = examined.document
    return {
        "form": examined.form,
        "title": document.title,
        "language": examined.language,
        "ttl_seconds": round(document.ttl.total_seconds()) if document.ttl else None,
        "hub": masked(document.hub) if document.hub else None,
        "found": document.found,
        "taken": len(document.sightings),
        "played": examined.played,
        "categories": dict(examined.categories),
        "entries": [
            {
                "title": one.title,
                "url": one.href,
                "published": date.isoformat() if (date := believed(one.published, now)) else None,
                "topics": list(one.topics),
                "left_out": {"rule": verdict.number, "does": str(verdict.verb)} if verdict.number else None,
            }
            for one, verdict in trial.judged()
        ],
        "dropped": [
            {"code": one.code, "location": one.place, "reason": one.reason, "count": one.count}
            for one in document.drops
        ],
    }


def _compared_object(compared: Comparison) -> dict[str, Any]:
    left = compared.left_alone
    return {
        "first": compared.first,
        "new": compared.new,
        "known": compared.known,
        "alike": compared.alike,
        "held": compared.held,
        "was_held": compared.was_held,
        "accepted": compared.accepted,
        "left_alone_until": left.isoformat() if left else None,
    }
