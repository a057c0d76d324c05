"""Where the sandbox cannot start, the sentence says what to do; and nothing of ours is ever made visible."""

import os
import subprocess
from pathlib import Path

import pytest

from autograder.course import ROOT
from autograder.sandbox import Sandbox, SandboxError, kernel, launch
from autograder.sandbox.seccomp import compiled_filter


def test_an_unknown_isolation_is_refused():
    with pytest.raises(SandboxError, match="choose one of: bubblewrap, none"):
        Sandbox("docker")


def test_without_bubblewrap_the_sentence_names_the_command(monkeypatch):
    monkeypatch.setattr(launch.shutil, "which", lambda name: None)
    with pytest.raises(SandboxError, match="apt-get install bubblewrap"):
        launch.launch("bubblewrap", None)


@pytest.mark.parametrize("setting", launch.USER_NAMESPACE_SETTINGS)
def test_a_forbidding_setting_is_named_with_its_remedy(tmp_path, monkeypatch, setting):
    (tmp_path / "setting").write_text(setting[1] + "\n")
    monkeypatch.setattr(launch, "USER_NAMESPACE_SETTINGS", [(str(tmp_path / "setting"), *setting[1:])])
    sentence = launch._explain("/usr/bin/bwrap", False, "bwrap: Creating new namespace failed")
    assert setting[2] in sentence and "Creating new namespace failed" in sentence


def test_where_user_namespaces_are_forbidden_it_refuses_with_the_command_that_allows_them():
    """For real: in a user namespace whose own limit is set to none. The machine's limit stays as it is."""
    if launch.shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            user, group = os.getuid(), os.getgid()
            try:
                kernel.unshare(kernel.CLONE_NEWUSER)
            except OSError:
                os.write(writer, b"forbidden here already")
                os._exit(0)
            kernel.map_user(1000, user, group)
            Path("/proc/sys/user/max_user_namespaces").write_text("0")
            try:
                launch.stop(launch.launch("bubblewrap", None))
            except SandboxError as error:
                os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    if said == "forbidden here already":
        pytest.skip("user namespaces cannot be made here")
    assert "forbids user namespaces" in said and "sysctl -w user.max_user_namespaces=15000" in said


def test_other_refusals_are_explained(monkeypatch):
    monkeypatch.setattr(launch, "USER_NAMESPACE_SETTINGS", [])
    assert "seccomp=unconfined" in launch._explain(
        "/usr/bin/bwrap", False, "bwrap: No permissions to create new namespace"
    )
    assert "not ready within" in launch._explain("/usr/bin/bwrap", True, "")


def test_a_bubblewrap_that_fails_leaves_no_process(tmp_path, monkeypatch):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(launch.shutil, "which", lambda name: str(fake))
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(launch.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1])
    with pytest.raises(SandboxError, match="No permissions"):
        launch.launch("bubblewrap", None)
    assert started and all(process.returncode is not None for process in started)


def test_our_own_packages_are_covered_wherever_they_would_show(tmp_path, monkeypatch):
    packages = tmp_path / "lib" / "site-packages"
    (packages / "autograder").mkdir(parents=True)
    monkeypatch.setattr(launch, "_package_folders", lambda: [str(packages)])
    visible = {"/sandbox/packages0": str(packages), "/lib": str(tmp_path / "lib")}
    assert launch._hidden(visible) == ["/sandbox/packages0/autograder", "/lib/site-packages/autograder"]
    monkeypatch.setattr(launch, "_package_folders", lambda: [])  # they may lie below the folder of the repository too
    assert launch._hidden({"/usr": str(ROOT.parent)}) == [str(Path("/usr") / ROOT.name)]


def test_only_the_guest_s_own_files_are_taken_from_the_repository():
    visible = launch._system() | launch._packages()
    ours = {Path(outside) for outside in visible.values() if Path(outside).is_relative_to(ROOT)}
    packages = {Path(folder) for folder in launch._package_folders()}
    guest = {launch.HERE / name for name in launch.FILES}
    assert ours - packages == guest | ({launch.TOOLKIT} if launch.TOOLKIT.is_dir() else set())


def test_the_filter_is_whole_instructions():
    program = compiled_filter()
    if program is None:
        pytest.skip("libseccomp cannot be used here")
    assert len(program) % 8 == 0 and len(program) > 8 * 50
