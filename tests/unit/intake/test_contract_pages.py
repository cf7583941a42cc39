"""The contract with agencies, read by somebody who does not sign in: every type, record and schema has its address."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from services.contracts import catalogue, message_examples, records
from services.contracts.messages import MESSAGES
from services.contracts.records import RECORDS
from services.contracts.rejections import REJECTIONS
from services.contracts.terms import TERMS

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def public(app: Flask) -> FlaskClient:
    """Somebody who does not sign in."""
    return app.test_client()


def test_the_page_tells_everything_in_both_languages(public: FlaskClient) -> None:
    """Messages, records, rejections with what to do, ids, time and versions."""
    texts = {language: public.get(f"/contract?lang={language}").text for language in ("zh", "en")}
    for name in (*MESSAGES, *RECORDS, *REJECTIONS):
        assert all(f"<code>{name}</code>" in text for text in texts.values()), name
    for one in REJECTIONS.values():
        assert one.zh.partition("（{")[0] in texts["zh"]
        assert one.cure.partition("`")[0] in texts["zh"]
    for term in (term for terms in TERMS.values() for term in terms):
        assert term.zh.partition("`")[0] in texts["zh"], term
        assert term.en.partition("`")[0].partition("'")[0] in texts["en"], term


def test_every_message_and_record_has_a_page_with_its_examples(public: FlaskClient) -> None:
    """Examples stand there as they travel; what is no type is not there."""
    for type_ in MESSAGES:
        answer = public.get(f"/contract/{type_}")
        assert answer.status_code == 200
        assert answer.text.count("<section") == len(message_examples.messages(type_))
    for name in RECORDS:
        assert public.get(f"/contract/records/{name}?lang=en").status_code == 200
    for place in ("/contract/nothing.v1", "/contract/records/nothing", "/schemas/nothing.json", "/schemas/x/../y"):
        assert public.get(place).status_code == 404


def test_a_schema_lies_where_its_id_says(public: FlaskClient) -> None:
    """Every generated document is served as it is committed, and no other."""
    for name, content in catalogue.files().items():
        answer = public.get(f"/{name}")
        assert answer.text == catalogue.render(content)
        assert name == "asyncapi.json" or json.loads(answer.text)["$id"] == f"/{name}"


@pytest.mark.parametrize("type_", [one.type for one in MESSAGES.values() if "agency" in one.senders | one.receivers])
def test_what_agencies_exchange_is_told_in_chinese_and_english(public: FlaskClient, type_: str) -> None:
    """And every example is what the schema at the address takes."""
    schema = public.get(f"/schemas/{type_}.json").get_json(force=True)
    found = message_examples.messages(type_)
    assert {message_examples.language(type_, number) for number in range(len(found))} == {"zh", "en"}
    for message in found:
        Draft202012Validator(schema).validate(message.data)
    for record, data in answers(type_):
        records.load(record, data)


def answers(type_: str) -> list[tuple[str, dict[str, Any]]]:
    """The records inside the examples: what the schema of a message leaves open."""
    told = [message.data for message in message_examples.messages(type_)]
    if type_ == "record.submit.v1":
        return [(one["record"], one["data"]) for one in told]
    found = [one["data"] for one in told] if type_ == "task.complete.v1" else []
    return [("co_opinion" if "quotable" in one else "acceptance", one) for one in found]
