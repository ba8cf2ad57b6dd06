"""Names that are often mistaken: data, and the search for a near one. Pure.

Date: 2026-11-29. Sources: conda-forge and anaconda.org for what conda has; the 15,000 most downloaded
packages of PyPI for the real names that are one slip from a known one. Names change: a new real name that
looks like a slip goes to REAL.
"""

# No conda package has this name on the public channels: the import's name, PyPI's, or another system's.
NOT_CONDA = {
    "build-essential": "compilers",
    "cv2": "opencv",
    "pip3": "pip",
    "python3": "python",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "torch": "pytorch",
}
# These may exist, but are hardly what is meant.
DOUBTFUL_CONDA = {
    "dotenv": "python-dotenv",
    "nvidia-cuda-toolkit": "cuda-toolkit",
    "onnxruntime-gpu": "onnxruntime",
    "pil": "pillow",
    "psycopg2-binary": "psycopg2",
}
# PyPI has these names only to refuse to be installed, or not at all.
NOT_PIP = {"pytorch": "torch", "pytorch-gpu": "torch", "pytorch-cuda": "torch", "sklearn": "scikit-learn"}
# pip freeze of a Debian or Ubuntu invents it
NEVER_ON_PYPI = ("pkg-resources",)
# PyPI has these for Windows or macOS only: no file for Linux, nor a source that builds there.
OTHER_SYSTEMS_PIP = (
    "pypiwin32",
    "pyobjc-core",
    "pyobjc-framework-cocoa",
    "pywin32",
    "tensorflow-intel",
    "tensorflow-macos",
    "tensorflow-metal",
)
DOUBTFUL_PIP = {
    "cv2": "opencv-python",
    "opencv": "opencv-python",
    "pil": "pillow",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
}
# The most used packages: what a slip may have been meant as.
_KNOWN = """
accelerate aiohttp albumentations altair anyio asyncio attrs awscli bitsandbytes black bokeh boto3 bottle
bottleneck cartopy catboost cattrs certifi click cmake cryptography cuda-nvcc cuda-toolkit cuda-version
cudatoolkit cudf cudnn cuml cupy cython dash dask dataset datasets deepspeed diffusers django docker einops
faiss-cpu faiss-gpu fastai fastapi ffmpeg flake8 flash-attn flask folium gensim geopandas git-lfs gpytorch
gradio graphviz gsutil gymnasium h5py httpx hydra-core imageio ipykernel ipython ipywidgets jax jaxlib jinja2
joblib jupyter jupyterhub jupyterlab jupytext keras kornia langchain lightgbm lightning llvmlite loguru lxml
mamba matplotlib matplotlib-base mlflow mypy nbconvert networkx ninja nltk nodejs notebook numba numexpr numpy
numpydoc omegaconf onnx onnxruntime opencv openpyxl openssl optuna orjson pandas papermill peft pillow plotly
polars pre-commit protobuf psutil psycopg psycopg2 py-opencv pyaml pyarrow pydantic pytables pytest pytest-cov
pytest-xdist python python-dateutil python-dotenv python-graphviz pytorch pytorch-cpu pytorch-cuda pytorch-gpu
pytorch-lightning pytorch_geometric pytz pyyaml ray requests rich ruff safetensors scanpy scapy scikit-image
scikit-learn scipy scrapy seaborn sentence-transformers sentencepiece setuptools shapely simpy spacy
sqlalchemy statsmodels streamlit sympy tensorboard tensorboardx tensorflow tensorflow-cpu tensorflow-gpu timm
tokenizers toolz torchaudio torchmetrics torchtext torchvision tqdm transformers triton trl typer
typing_extensions ultralytics uvicorn vastai vllm wandb wheel willow xarray xformers xgboost xlrd zarr zeromq
"""
KNOWN = frozenset(_KNOWN.split())
# Real packages that a slip of the finger could make of a known one.
_REAL = """
anvio astair bpython cpython crick ctransformers datazets dhash djongo dydantic emake fastani fastar fasta
fastui fastq gputil grequests httpr hyper ipytest jaxlie mamba2 mocker msgpack ngboost opencc opencv4 oyaml
panda pyamg pykml pymantic pytest-csv pyyml retworkx scipp slack spython stqdm tables tools unicorn vyper
wimpy xoto3 yaml
"""
REAL = frozenset(_REAL.split())
SHORTEST = 5  # among shorter names too many real ones are one letter apart


def near(name: str) -> str:
    """Return the known name that one slip makes of this one: a letter more, less, wrong, or two swapped."""
    if len(name) < SHORTEST or name in REAL or name in KNOWN or name.replace("-", "_") in KNOWN:
        return ""
    return min((known for known in KNOWN if one_slip(name, known)), default="")


def one_slip(one: str, other: str) -> bool:
    """Tell whether two different names are one slip of the finger apart."""
    if abs(len(one) - len(other)) > 1:
        return False
    same = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    left, right = one[same:], other[same:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]
