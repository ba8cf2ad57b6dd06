"""Files as public repositories have them. Over 200 lines: one table.

What is certain to fail is refused, all else goes through: a false refusal is worse than a miss. They are
written for this table, in the manner of real ones.
"""

import pytest

from gpuinfra.features.environment.lint import lint

# What each file becomes: its text, and for each error its line and words of it.
FINE: dict[str, str] = {
    "a course, from history": """
        name: course
        channels: [conda-forge, defaults]
        dependencies: [python=3.10, numpy, pandas=1.5, jupyterlab, pip]
        prefix: /Users/kim/opt/anaconda3/envs/course
    """,
    "spaces around the version": """
        channels: [conda-forge, bioconda, defaults]
        dependencies: ["python = 3.10.4", "samtools >=1.17", "bcftools=1.17"]
    """,
    "tools without a Python": """
        name: popgen
        channels: [conda-forge, bioconda]
        dependencies: [plink, vcftools, admixture]
    """,
    "R alone": """
        name: seurat
        channels: [conda-forge, bioconda]
        dependencies: [r-base=4.3, r-seurat, r-tidyverse, bioconductor-deseq2]
    """,
    "PyTorch of its old channel": """
        name: dev
        channels: [pytorch, nvidia, conda-forge]
        dependencies: [python=3.9.12, "pytorch::pytorch=1.13.1", pytorch-cuda=11.7, torchmetrics, mlflow>=2]
    """,
    "cudatoolkit and a PyTorch of its time": """
        name: gan
        channels: [pytorch, conda-forge]
        dependencies: [python=3.8, pytorch=1.12.1, cudatoolkit=11.3, torchvision=0.13.1, tqdm]
    """,
    "an exact export of Linux": """
        name: vit
        channels: [pytorch, defaults]
        dependencies:
          - _libgcc_mutex=0.1=main
          - blas=1.0=mkl
          - ca-certificates=2022.4.26=h06a4308_0
          - certifi=2021.10.8=py38h06a4308_2
          - cudatoolkit=11.3.1=h2bc3f7f_2
          - python=3.8.12=h12debd9_0
          - pytorch=1.11.0=py3.8_cuda11.3_cudnn8.2.0_0
          - timm=0.4.12=pyhd8ed1ab_0
          - tqdm=4.64.0=py38h06a4308_0
        prefix: /home/lee/anaconda3/envs/vit
    """,
    "wheels with their index": """
        name: seg
        channels: [conda-forge]
        dependencies:
          - python=3.9
          - pip:
            - --extra-index-url https://download.pytorch.org/whl/cu113
            - torch==1.11.0+cu113
            - torchvision==0.12.0+cu113
    """,
    "wheels with links": """
        name: graph
        channels: [conda-forge]
        dependencies:
          - python=3.10
          - pip
          - pip:
            - -f https://data.pyg.org/whl/torch-2.1.0+cu121.html
            - torch-scatter==2.1.2+pt21cu121
    """,
    "a nightly": """
        name: nightly
        channels: [conda-forge]
        dependencies:
          - python=3.12
          - pip:
            - --pre
            - --extra-index-url https://download.pytorch.org/whl/nightly/cu128
            - torch
    """,
    "RAPIDS": """
        name: rapids
        channels: [rapidsai, conda-forge, nvidia]
        dependencies: ["rapids=24.12", "python=3.12", "cuda-version>=12.0,<=12.5"]
    """,
    "CUDA by label": """
        name: nerf
        channels: [nvidia/label/cuda-11.8.0, conda-forge]
        dependencies: [python=3.10, cuda-toolkit=11.8, ninja, gcc=11, gxx=11, cmake]
    """,
    "variables": """
        name: jax
        channels: [conda-forge]
        dependencies: [python=3.11, "jaxlib=*=*cuda*", jax]
        variables: {XLA_PYTHON_CLIENT_PREALLOCATE: "false"}
    """,
    "conditions for other systems": """
        name: app
        channels: [conda-forge]
        dependencies:
          - python=3.11
          - pip:
            - pywin32==306 ; sys_platform == "win32"
            - tensorflow-macos==2.13 ; platform_system == "Darwin"
            - "uvicorn[standard]>=0.20"
    """,
    "names that only look misspelt": """
        name: bio
        channels: [conda-forge, bioconda]
        dependencies: [python=3.11, yaml, fastani, tables, msgpack, cpython, mocker, panda, spython]
    """,
    "a mirror": """
        name: mirror
        channels: ["https://mirrors.example.edu.cn/anaconda/cloud/conda-forge", defaults]
        dependencies: [python=3.7.*, numpy=1.19]
    """,
    "TensorFlow of its day": """
        name: tf
        channels: [conda-forge]
        dependencies:
          - python=3.8
          - cudatoolkit=11.2
          - cudnn=8.1
          - pip:
            - tensorflow-gpu==2.10.1
            - tensorflow-gpu>=1.15,<2
            - tensorflow-gpu>=2.4
    """,
    "git with a commit": """
        name: detect
        channels: [conda-forge]
        dependencies:
          - python=3.10
          - git
          - pip:
            - git+https://github.com/facebookresearch/detectron2.git@0123456789012345678901234567890123456789
            - -e git+https://github.com/openai/CLIP.git#egg=clip
    """,
}
REFUSED: dict[str, tuple[str, dict[int, str]]] = {
    "a channel that is not there": (
        """
        name: dev
        channels: [conda-forge, default, nvidia]
        dependencies: [python=3.11, numpy]
        """,
        {2: "there is no channel 'default'"},
    ),
    "a channel of a machine that has it": (
        """
        name: dev
        channels: ["<unknown>", conda-forge]
        dependencies: [python=3.11]
        """,
        {2: "'<unknown>' is no channel name"},
    ),
    "Python 2": (
        """
        name: old
        channels: [defaults]
        dependencies: [python=2.7, numpy]
        """,
        {3: "too old: the proof that an environment works needs 3.6 or newer"},
    ),
    "Python 3.5, exactly": (
        """
        name: old
        channels: [conda-forge]
        dependencies: [python=3.5.6=hc3d631a_0]
        """,
        {3: "too old"},
    ),
    "a Python below 3": (
        """
        name: old
        channels: [conda-forge]
        dependencies: ["python<3"]
        """,
        {3: "too old"},
    ),
    "an export of Windows": (
        """
        name: win
        channels: [defaults]
        dependencies:
          - ca-certificates=2022.07.19=haa95532_0
          - python=3.10.4=hbb2ffb3_0
          - sqlite=3.39.2=h2bbff1b_0
          - vc=14.2=h21ff451_1
          - vs2015_runtime=14.27.29016=h5e58377_2
        prefix: C:\\Users\\USER\\.conda\\envs\\win
        """,
        {4: "an export of Windows (4 such lines"},
    ),
    "a Windows of conda-forge, no prefix": (
        """
        channels: [conda-forge]
        dependencies: [libffi=3.4.2=h8ffe710_5, "opencv=4.6.0=py310h4bdf3d1_vc14_3", python=3.10]
        """,
        {2: "an export of Windows (2 such lines"},
    ),
    "an export of macOS": (
        """
        name: mac
        channels: [defaults]
        dependencies:
          - libcxx=14.0.6=h9765a3e_0
          - libffi=3.4.4=hecd8cb5_0
          - python=3.9.5=h88f2d9e_3
        """,
        {5: "an export of macOS (1 such lines"},
    ),
    "an export of macOS that only its prefix tells": (
        "name: mac\nchannels: [conda-forge]\ndependencies:\n  - python=3.11\n"
        + "".join(f"  - p{n}=1.{n}=h{n:07x}_0\n" for n in range(11))
        + "prefix: /Users/kim/miniforge3/envs/mac\n",
        {5: "an export of macOS (prefix)"},
    ),
    "one package of Windows": (
        """
        name: dev
        channels: [conda-forge]
        dependencies: [python=3.11, pywin32]
        """,
        {3: "'pywin32' is for Windows only: leave it out"},
    ),
    "pip's packages among conda's": (
        """
        name: dev
        channels: [conda-forge]
        dependencies:
          - python=3.9
          - matplotlib=3.8.2=pypi_0
        """,
        {5: "came from pip: no channel has its build"},
    ),
    "wheels without their index": (
        """
        name: seg
        channels: [conda-forge]
        dependencies:
          - python=3.9
          - pip:
            - torch==1.11.0+cu113
            - detectron2==0.6+cu111
        """,
        {6: "PyPI has no versions with a +", 7: "PyPI has no versions with a +"},
    ),
    "git of before 2022": (
        """
        name: dev
        channels: [conda-forge]
        dependencies:
          - python=3.9
          - pip:
            - git+git://github.com/openai/CLIP.git
        """,
        {6: "GitHub ended git:// in 2022"},
    ),
    "a freeze of Ubuntu and of Windows": (
        """
        name: dev
        channels: [conda-forge]
        dependencies:
          - python=3.9
          - pip:
            - pkg-resources==0.0.0
            - pywin32==306
            - tensorflow-gpu==2.12.0
        """,
        {6: "not on PyPI", 7: "for Windows or macOS only", 8: "tensorflow-gpu ended with 2.11"},
    ),
    "a torch that its Python never had": (
        """
        name: dev
        channels: [conda-forge]
        dependencies:
          - python=3.7
          - pytorch=2.1
          - pip:
            - torch==2.0.1
        """,
        {5: "1.13.1 is the last for Python 3.7", 7: "1.13.1 is the last for Python 3.7"},
    ),
    "conda's freeze of a build machine": (
        """
        name: dev
        channels: [conda-forge]
        dependencies:
          - python=3.9
          - pip:
            - certifi @ file:///home/conda/feedstock_root/build_artifacts/certifi/work
            - -e .
        """,
        {6: "a file on your machine", 7: "a directory on your machine"},
    ),
}


@pytest.mark.parametrize("text", FINE.values(), ids=FINE.keys())
def test_what_may_work_is_let_through(text: str) -> None:
    """No error; what is doubted is a warning."""
    assert [finding.text() for finding in lint(flush(text)).errors] == []


@pytest.mark.parametrize(("text", "errors"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_certain_to_fail_is_refused_with_its_line(text: str, errors: dict[int, str]) -> None:
    """Before anything is paid for, each by its line and its cause."""
    found = {finding.line: finding.message for finding in lint(flush(text)).errors}
    assert {line: words in found.get(line, "") for line, words in errors.items()} == dict.fromkeys(
        errors, True
    )
    assert set(found) == set(errors)


def test_what_is_advised_can_be_written() -> None:
    """Each cure is a line that passes the same checks."""
    text = REFUSED["git of before 2022"][0]
    (found,) = lint(flush(text)).errors
    cured = flush(text).decode().replace("- git+git://github.com/openai/CLIP.git", found.suggestion)
    assert lint(cured.encode()).errors == ()


def test_the_version_is_not_lost_in_advice() -> None:
    """pytorch-cuda=11.7 becomes pytorch-gpu and its CUDA."""
    report = lint(flush(FINE["PyTorch of its old channel"]))
    assert "- pytorch-gpu and - cuda-version=11.7" in {found.suggestion for found in report.warnings}


def test_an_old_file_is_answered_with_the_truth() -> None:
    """Nixtla's of 2021: what ended when, what its last PyTorch is, and which command asks the channels."""
    text = """
        name: nixtla
        channels: [conda-forge, pytorch, defaults]
        dependencies: [python=3.7, pytorch=1.8, jupyterlab]
    """
    told = " ".join(found.message for found in lint(flush(text)).warnings)
    assert "Python 3.7 ended in June 2023: 1.13.1 is its last PyTorch" in told
    assert "gpuinfra env check --solve tells what can be installed today" in told
    assert lint(flush(text)).errors == ()


def flush(text: str) -> bytes:
    """Return a text of the table as it would stand in a file."""
    lines = text.strip("\n").split("\n")
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "".join(f"{line[indent:]}\n" for line in lines if line.strip()).encode()
