"""What the simulated github.com holds: two small git repositories, as plain files."""

import subprocess
from pathlib import Path

FILES = {
    "ada/thesis.git": {"train.py": "print('trained')\n", "requirements.txt": "pip\n"},
    "keras-team/keras-io.git": {"examples/vision/mnist_convnet.py": "print('a stand-in of the example')\n"},
}


def serve(site: Path, scratch: Path) -> None:
    """Make them below the folder of a web server (git's "dumb" protocol: no program runs there)."""
    for name, files in FILES.items():
        work = scratch / name
        for path, text in files.items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_text(text)
        git = ["git", "-C", str(work), "-c", "user.name=ada", "-c", "user.email=ada@example.org"]
        for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "all of it"]):
            subprocess.run([*git, *words], check=True)
        subprocess.run(["git", "clone", "-q", "--bare", str(work), str(site / name)], check=True)
        subprocess.run(["git", "-C", str(site / name), "update-server-info"], check=True)
