"""Encrypts ``plain/`` anew with the official sops and throw-away keys: ``-m tests.sops.make``.

What it writes is committed, so that no test needs sops. It needs ssh-keygen, gpg, and on PATH what
this makes::

    go install github.com/getsops/sops/v3/cmd/sops@v3.13.3 filippo.io/age/cmd/age-keygen@v1.3.2
"""

import os
import subprocess
import tempfile
from pathlib import Path

from tests.harness.tls import Authority
from tests.harness.transit import Transit, serving

HERE = Path(__file__).parent
PLAIN, SEALED, KEYS = HERE / "plain", HERE / "sealed", HERE / "keys"
TOKEN, NAME = "hvs.test", "transit/shop"
PASSPHRASE = "open sesame"
FIELDS = "^(data|stringData)$"


def run(*command: str, **environment: str) -> str:
    """Run a program to its end and give what it wrote."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return done.stdout


def main() -> None:
    """Make the keys, then each file."""
    recipients = {name: age(name) for name in ("shop", "other")}
    with tempfile.TemporaryDirectory() as home:
        fingerprint = pgp(home, "shop", ("rsa2048", "rsa2048"))
        locked = pgp(home, "locked", ("ed25519", "cv25519"), PASSPHRASE)
        seal("secret.yaml", "--age", recipients["shop"], "--encrypted-regex", FIELDS)
        seal("values.yaml", "--age", recipients["shop"])
        seal("config.yaml", "--age", recipients["shop"], "--encrypted-regex", FIELDS)
        seal("refused.yaml", "--age", recipients["shop"], "--encrypted-regex", "^labels$")
        seal("mixed.yaml", "--age", recipients["shop"], "--encrypted-regex", FIELDS)
        rule = f"{{age: {recipients['shop']}, encrypted_regex: {FIELDS}, mac_only_encrypted: true}}"
        Path(home, "rules.yaml").write_text(f"creation_rules: [{rule}]\n")
        seal("mixed.yaml", "--config", f"{home}/rules.yaml", to="only-encrypted.yaml")
        for name in ("settings.json", "shop.env", "whole.conf"):
            seal(name, "--age", f"{recipients['other']},{recipients['shop']}")
        seal("secret.yaml", "--age", recipients["other"], to="for-another.yaml")
        seal("secret.yaml", "--age", ssh(), to="ssh.yaml")
        seal("secret.yaml", "--pgp", fingerprint, to="pgp.yaml", GNUPGHOME=home)
        seal("secret.yaml", "--pgp", locked, to="locked.yaml", GNUPGHOME=home)
        with_vault(Path(home))


def age(name: str) -> str:
    """Make a key of age and return its recipient."""
    text = run("age-keygen")
    (KEYS / f"{name}.age").write_text(text)
    return next(line for line in text.splitlines() if "public key" in line).rpartition(" ")[2]


def ssh() -> str:
    """Make an SSH key and return its public half."""
    key = KEYS / "shop.ssh"
    key.unlink(missing_ok=True)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "shop", "-f", str(key))
    public = key.with_suffix(".ssh.pub")
    text = public.read_text().strip()
    public.unlink()
    return text


def pgp(home: str, name: str, kind: tuple[str, str], passphrase: str = "") -> str:
    """Make a PGP key and return its fingerprint."""
    quiet = ("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", passphrase)
    about = f"{name}@example.com"
    run(*quiet, "--quick-generate-key", about, kind[0], "default", "never", GNUPGHOME=home)
    shown = run("gpg", "--with-colons", "--list-keys", about, GNUPGHOME=home)
    fingerprint = next(line for line in shown.splitlines() if line.startswith("fpr")).split(":")[9]
    run(*quiet, "--quick-add-key", fingerprint, kind[1], "encr", "never", GNUPGHOME=home)
    text = run(*quiet, "--armor", "--export-secret-keys", fingerprint, GNUPGHOME=home)
    (KEYS / f"{name}.pgp").write_text(text)
    return fingerprint


def with_vault(directory: Path) -> None:
    """Encrypt by a server that keeps the key; the tests' own server has the same one."""
    authority = Authority(directory, "authority")
    transit = Transit({TOKEN: {NAME}}, key=b"k" * 32)
    with serving(transit, authority.issue("vault")):
        engine, _, name = NAME.partition("/")
        url = f"{transit.url}/v1/{engine}/keys/{name}"
        seal("secret.yaml", "--hc-vault-transit", url, to="vault.yaml",
             VAULT_TOKEN=TOKEN, VAULT_CACERT=str(authority.file))  # fmt: skip
    path = SEALED / "vault.yaml"
    path.write_text(path.read_text().replace(transit.url, "https://vault.example:8200"))


def seal(name: str, *options: str, to: str = "", **environment: str) -> None:
    """Encrypt one of the plain files."""
    target = str(SEALED / (to or name))
    before = [options[0], options[1]] if options[0] == "--config" else []
    rest = options[2:] if before else options
    run("sops", *before, "encrypt", *rest, "--output", target, str(PLAIN / name), **environment)


if __name__ == "__main__":
    main()
