"""Mail: one message with a Chinese and an English part; its Message-ID is the id of the delivery.

"Sent" means that the mail server took it, for this recipient. A server that says 5xx to the recipient or
the content is believed (undeliverable), everything else is tried again.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from types import TracebackType
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from services.notify.channels.letters import Letter, Refused, Unreachable

TIMEOUT: Final = 15.0  # seconds per step of the conversation
_LANGUAGES: Final = (("zh", "zh-Hans-CN"), ("en", "en"))
_PERMANENT: Final = 500


@dataclass(frozen=True, slots=True)
class Mail:
    """The channel: one mail server and one sender's address."""

    url: str
    sender: str

    @property
    def id(self) -> str:
        """How it is called in the data."""
        return "mail"

    @property
    def label(self) -> tuple[str, str]:
        """How people call it."""
        return "邮件", "mail"

    @property
    def address_label(self) -> tuple[str, str]:
        """How people call an address of it."""
        return "邮箱地址", "Mail address"

    def accepts(self, address: str) -> bool:
        """Whether this can be an address of it."""
        return is_address(address)

    def open(self) -> Mailer:
        """Begin a conversation."""
        return Mailer(self.url, self.sender)


def is_address(text: str) -> bool:
    """Whether this can stand in the To header: one bare address, nothing that starts another header."""
    if not text.isprintable() or " " in text or len(text) > 254 or parseaddr(text)[1] != text:
        return False
    try:
        found = Address(addr_spec=text)
    except (ValueError, IndexError, HeaderParseError):  # a dot too many, letters that no mailbox has
        return False
    return bool(found.username and found.domain)


class Mailer:
    """A conversation with the mail server, opened with the first letter and used for all of one turn.

    After the connection failed once, the rest of the turn fails at once instead of waiting again each time.
    """

    def __init__(self, url: str, sender: str) -> None:
        """`url`: smtp(s)://[user:password@]host[:port]; `sender`: the From address."""
        self._url, self._sender = urlsplit(url), sender
        self._server: smtplib.SMTP | None = None
        self._broken: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._server.quit()

    def send(self, letter: Letter) -> None:
        """Hand one letter to the server; raises `Refused` or `Unreachable`."""
        if self._broken is not None:
            raise Unreachable(self._broken)
        try:
            server = self._server = self._server or self._open()
        except (OSError, smtplib.SMTPException) as error:
            self._broken = _words(error)
            raise Unreachable(self._broken) from error
        try:
            server.send_message(compose(letter, self._sender), self._sender, [letter.address])
        except smtplib.SMTPRecipientsRefused as error:
            code, said = error.recipients[letter.address]
            raise _verdict(code, said) from error
        except smtplib.SMTPDataError as error:
            raise _verdict(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            self._server = None
            raise Unreachable(_words(error)) from error

    def _open(self) -> smtplib.SMTP:
        host, secure = self._url.hostname or "localhost", self._url.scheme == "smtps"
        server: smtplib.SMTP
        if secure:
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(host, self._url.port or 465, timeout=TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(host, self._url.port or 25, timeout=TIMEOUT)
        if self._url.username:
            if not secure:
                server.starttls(context=ssl.create_default_context())  # a password is never sent in clear
            server.login(unquote(self._url.username), unquote(self._url.password or ""))
        return server


def compose(letter: Letter, sender: str) -> EmailMessage:
    """The mail: both subjects in one line, then a part per language."""
    subjects = [letter.texts[language]["subject"] for language, _ in _LANGUAGES]
    mail = EmailMessage()
    mail["Subject"] = " / ".join(dict.fromkeys(subjects))
    mail["From"], mail["To"] = sender, Address(addr_spec=letter.address)
    mail["Date"] = letter.at
    mail["Message-ID"] = f"<{letter.delivery_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    mail["Content-Language"] = ", ".join(tag for _, tag in _LANGUAGES)
    mail.make_mixed()
    for language, tag in _LANGUAGES:
        part = EmailMessage()
        part.set_content(letter.texts[language]["body"] + "\n", charset="utf-8", disposition="inline")
        part["Content-Language"] = tag
        mail.attach(part)
    return mail


def _verdict(code: int, said: bytes | str) -> Refused | Unreachable:
    text = f"{code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"[:500]
    return Refused(text) if code >= _PERMANENT else Unreachable(text)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
