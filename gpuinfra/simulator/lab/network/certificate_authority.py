"""The lab's certificate authority: made new for each lab, trusted by its hosts alone."""

import datetime
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_VALID = datetime.timedelta(days=30)
_SKEW = datetime.timedelta(days=1)
_SIGNS = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """Issues a certificate for any name."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("gpuinfra simulator, not a real authority")
        self._certificate = _certificate(
            subject=self._name,
            issuer=self._name,
            public_key=self._key.public_key(),
            sign_with=self._key,
            critical=[x509.BasicConstraints(ca=True, path_length=0), _SIGNS],
        )
        self._contexts: dict[str, ssl.SSLContext] = {}

    @property
    def pem(self) -> str:
        """Return the certificate to trust."""
        return _pem(self._certificate)

    def context(self, name: str) -> ssl.SSLContext:
        """Return the TLS context of a server with this name."""
        if name not in self._contexts:
            self._contexts[name] = self._issue(name)
        return self._contexts[name]

    def _issue(self, name: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(
            subject=_named(name),
            issuer=self._name,
            public_key=key.public_key(),
            sign_with=self._key,
            extensions=[x509.SubjectAlternativeName([x509.DNSName(name)])],
        )
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file = self._directory / f"{name}.pem"
        file.touch(mode=0o600)
        file.write_text(_pem(certificate) + private.decode(), encoding="ascii")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def server_context(authority: Authority, has: Callable[[str], bool]) -> ssl.SSLContext:
    """Return a context that takes the certificate of the name asked for, and refuses names there are not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        if not name or not has(name):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = authority.context(name)
        return None

    context.sni_callback = choose
    return context


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _certificate(
    *,
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    sign_with: ec.EllipticCurvePrivateKey,
    critical: Sequence[x509.ExtensionType] = (),
    extensions: Sequence[x509.ExtensionType] = (),
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=public_key,
        serial_number=x509.random_serial_number(),
        not_valid_before=now - _SKEW,
        not_valid_after=now + _VALID,
    )
    # Python 3.13 verifies strictly: it wants both key identifiers
    identifiers = (
        x509.SubjectKeyIdentifier.from_public_key(public_key),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(sign_with.public_key()),
    )
    for extension in critical:
        builder = builder.add_extension(extension, critical=True)
    for extension in (*extensions, *identifiers):
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(sign_with, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
