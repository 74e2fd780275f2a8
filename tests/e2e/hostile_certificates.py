"""Certificates that should not be trusted, and one authority that is; by openssl."""

import pathlib
import ssl
import subprocess
import tempfile
import warnings

_CONFIG = """
[ca]
default_ca = authority
[authority]
new_certs_dir = {folder}
database = {folder}/index
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = empty
[empty]
"""
PAST, PRESENT, FUTURE = (("20200101000000Z", "20210101000000Z"),
                         ("20200101000000Z", "20990101000000Z"),
                         ("20980101000000Z", "20990101000000Z"))


class Identity:
    """A key with its certificate, and the certificates that a server sends with it."""

    def __init__(self, base, chain=()):
        self.key = base.with_suffix(".key")
        self.certificate = base.with_suffix(".pem")
        self.chain = [self.certificate, *chain]

    def context(self, lowest=None, highest=None):
        """A server's TLS with it. `lowest`, `highest`: the versions it speaks."""
        bundle = self.key.with_suffix(".chain")
        bundle.write_text("".join(path.read_text() for path in self.chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(bundle, self.key)
        if highest is not None:
            context.set_ciphers("DEFAULT@SECLEVEL=0")
            with warnings.catch_warnings(action="ignore"):  # they are deprecated: the point
                context.minimum_version = lowest
                context.maximum_version = highest
        return context


class Certificates:
    """A folder of them. `authority` signs unless another identity is named."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        self._base = pathlib.Path(self._folder.name)
        (self._base / "index").touch()
        self._config = self._base / "openssl.cnf"
        self._config.write_text(_CONFIG.format(folder=self._base))
        self.authority = self.issue("authority", is_authority=True)

    def issue(self, name, *, by="authority", hosts=("localhost",), when=PRESENT,
              is_authority=False, more=()):
        """A new identity, signed by one of that name or Identity; by itself: `by` None.
        `more`: lines of X.509 extensions."""
        base = self._base / name
        signer = getattr(self, by, None) if isinstance(by, str) else by
        extensions = [f"basicConstraints = critical, CA:{'true' if is_authority else 'false'}"]
        if not is_authority:
            extensions.append("subjectAltName = " + ", ".join(
                ("IP:" if host[0].isdigit() else "DNS:") + host for host in hosts))
        self._run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-subj", f"/CN={name}", "-keyout", f"{base}.key", "-out", f"{base}.csr",
                  "-config", self._config,
                  *(a for line in [*extensions, *more] for a in ("-addext", line)))
        key, certificate = ((f"{base}.key", None) if signer is None
                            else (signer.key, signer.certificate))
        self._run("ca", "-batch", "-notext", "-config", self._config, "-in", f"{base}.csr",
                  "-out", f"{base}.pem", "-startdate", when[0], "-enddate", when[1],
                  "-keyfile", key, *(("-cert", certificate) if certificate else ("-selfsign",)))
        return Identity(base)

    @staticmethod
    def _run(*arguments):
        result = subprocess.run(["openssl", *map(str, arguments)], text=True, check=False,
                                capture_output=True)
        if result.returncode != 0:
            raise AssertionError(f"openssl {arguments[0]}: {result.stderr}")

    def close(self):
        self._folder.cleanup()
