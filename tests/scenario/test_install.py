"""make install, uninstall and dist, as packagers and people use them."""
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from harness import BUILD

SOURCE = Path(__file__).parents[2]
VERSION = next(line.split()[-1] for line in (SOURCE / "Makefile").read_text().splitlines()
               if line.startswith("VERSION :="))


def make(*words, folder=SOURCE):
    """make, with what is built: nothing is compiled again, whatever the flags were."""
    build = os.path.relpath(BUILD, folder)
    return subprocess.run(["make", "--no-print-directory", f"O={build}",
                           "-o", f"{build}/flags.stamp", "-o", f"{build}/objects.stamp", *words],
                          cwd=folder, capture_output=True, text=True, check=True,
                          env={**os.environ, "MAKEFLAGS": "", "MAKELEVEL": "0"}).stdout


def files(folder):
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir()}


@pytest.fixture(name="stage")
def stage_(tmp_path):
    return tmp_path / "a stage"


def test_what_is_installed_runs_and_goes_again(stage):
    make("install", f"DESTDIR={stage}", "prefix=/usr")
    there = files(stage)
    assert {"usr/sbin/triaged", "usr/bin/triagectl", "usr/share/man/man8/triaged.8",
            "usr/share/man/man5/triaged.yaml.5", "usr/share/man/man5/triaged-db.5",
            "usr/share/man/man1/triagectl.1", "usr/lib/systemd/system/triaged.service",
            "usr/lib/systemd/catalog/triaged.catalog", "usr/lib/sysusers.d/triaged.conf",
            "usr/lib/tmpfiles.d/triaged.conf", "usr/include/triaged/messages.h",
            "usr/share/bash-completion/completions/triagectl",
            "usr/share/doc/triaged/examples/triaged.yaml"} <= there
    for folder in "schema", "prometheus", "grafana":
        for file in (SOURCE / "etc" / folder).iterdir():
            assert f"usr/share/triaged/{folder}/{file.name}" in there
    for example in (SOURCE / "systemd").glob("*.example"):
        assert f"usr/share/doc/triaged/examples/{example.name}" in there
    assert (stage / "etc/triaged/credentials").stat().st_mode & 0o7777 == 0o700
    assert not [name for name in there if name.startswith("etc/")], "settings are the site's"

    make("installcheck", f"DESTDIR={stage}", "prefix=/usr")
    (stage / "usr/bin/triagectl").unlink()
    with pytest.raises(subprocess.CalledProcessError) as missed:
        make("installcheck", f"DESTDIR={stage}", "prefix=/usr")
    assert "triagectl is missing" in missed.value.stderr

    ours = stage / "etc/triaged/triaged.yaml"
    ours.write_text("fallback: oncall\n")
    make("uninstall", f"DESTDIR={stage}", "prefix=/usr")
    assert files(stage) == {"etc/triaged/triaged.yaml"}, "only what people made is left"
    ours.unlink()
    make("uninstall", f"DESTDIR={stage}", "prefix=/usr")
    assert not list(stage.rglob("*triaged*"))


def test_every_folder_can_be_named(stage):
    """GNU's names and the older ones in capitals, which are the same."""
    make("install", f"DESTDIR={stage}", "PREFIX=/opt/one", "exec_prefix=/opt/two",
         "bindir=/opt/three", "mandir=/opt/four", "docdir=/opt/five", "UNITDIR=/opt/six",
         "datadir=/opt/seven", "includedir=/opt/eight", "zshdir=/opt/nine")
    there = files(stage)
    assert {"opt/two/sbin/triaged", "opt/three/triagectl", "opt/four/man8/triaged.8",
            "opt/five/README.md", "opt/six/triaged.service", "opt/eight/triaged/messages.h",
            "opt/nine/_triagectl", "opt/one/lib/sysusers.d/triaged.conf"} <= there
    assert any(name.startswith("opt/seven/triaged/schema/") for name in there)
    unit = (stage / "opt/six/triaged.service").read_text()
    assert "ExecStart=/opt/two/sbin/triaged\n" in unit
    assert "ExecReload=/opt/three/triagectl reload\n" in unit
    # Twice the same: who names one folder in both ways means the lower-case name.
    said = make("-n", "install", f"DESTDIR={stage}", "PREFIX=/wrong", "prefix=/right")
    assert "/right/sbin" in said and "/wrong" not in said


def test_programs_units_and_manual_name_the_same_folders(tmp_path):
    """Settings, state and sockets elsewhere: compiled in, written and let in alike."""
    folders = "sysconfdir=/opt/etc", "localstatedir=/opt/var", "runstatedir=/opt/run"
    fresh = tmp_path / "other"
    made = ("paths.h", "site/systemd/triaged.service", "site/tmpfiles/triaged.conf",
            "site/man/triaged.8", "site/man/triaged.yaml.5", "site/etc/triaged.yaml")
    subprocess.run(["make", "-s", f"O={fresh}", *folders, *(f"{fresh}/{name}" for name in made)],
                   cwd=SOURCE, check=True, env={**os.environ, "MAKEFLAGS": ""})
    paths, *texts = ((fresh / name).read_text() for name in made)
    for name, folder in (("CONFIG", "/opt/etc"), ("STATE", "/opt/var/lib"), ("RUN", "/opt/run")):
        assert f'#define PATH_{name} "{folder}/triaged"\n' in paths
    for text in texts:
        bare = text.replace("/opt/", "@")
        assert "/etc/triaged" not in bare and "/var/lib/triaged" not in bare \
            and "/run/triaged" not in bare
    unit, tmpfiles, *_ = texts
    for folder in ("/opt/var/lib/triaged", "/opt/run/triaged"):
        assert f"\nReadWritePaths={folder}\n" in unit
        assert f"\nd {folder} 0750 triaged triaged -\n" in tmpfiles
    assert "LoadCredential=triaged:/opt/etc/triaged/credentials" in unit


@pytest.mark.skipif(not (SOURCE / ".git").exists(), reason="a release is made of commits")
def test_a_release_is_the_same_twice_and_whole(tmp_path):
    kept = []
    for name in "first", "second":
        make("dist", f"DIST={tmp_path / name}", f"O={tmp_path / 'build'}")
        kept.append({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()})
    assert kept[0] == kept[1]
    assert set(kept[0]) == {f"triaged-{VERSION}.tar.gz"}

    committed = set(subprocess.run(["git", "ls-files"], cwd=SOURCE, capture_output=True, text=True,
                                   check=True).stdout.split())
    with tarfile.open(tmp_path / "first" / f"triaged-{VERSION}.tar.gz") as tar:
        members = tar.getmembers()
        assert {(m.uid, m.gid, m.mtime, m.mode & 0o022) for m in members} == \
            {(0, 0, members[0].mtime, 0)}, "of nobody, at one time, for nobody else to write"
        tar.extractall(tmp_path / "away")
    tree = tmp_path / "away" / f"triaged-{VERSION}"
    assert files(tree) == committed | {"configure"}
    # Without git and elsewhere it knows what to build, and that nothing was; nobody tells it O=.
    plan = subprocess.run(["make", "-n", "all"], cwd=tree, capture_output=True, text=True,
                          check=True, env={"PATH": os.environ["PATH"]}).stdout
    assert "-o build/triaged " in plan and "-o build/triagectl " in plan
    # And configure there writes what the Makefile reads.
    subprocess.run(["./configure", "--prefix=/opt/x", "--mandir=/opt/y", "--quiet"], cwd=tree,
                   check=True)
    plan = subprocess.run(["make", "-n", "install"], cwd=tree, capture_output=True, text=True,
                          check=True, env={"PATH": os.environ["PATH"]}).stdout
    assert "'/opt/x/bin'" in plan and "'/opt/y/man8'" in plan and "'/etc/triaged/conf.d'" in plan
    plan = subprocess.run(["make", "-n", "install", "PREFIX=/opt/z"], cwd=tree, text=True,
                          capture_output=True, check=True, env={"PATH": os.environ["PATH"]}).stdout
    assert "'/opt/z/bin'" in plan and "/opt/x" not in plan
