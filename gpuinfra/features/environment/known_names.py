"""Names that are often mistaken: data, and the search for a near one. Pure."""

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
    "bs4": "beautifulsoup4",
    "dotenv": "python-dotenv",
    "huggingface-hub": "huggingface_hub",
    "msgpack": "msgpack-python",
    "nvidia-cuda-toolkit": "cuda-toolkit",
    "onnxruntime-gpu": "onnxruntime",
    "opencv-python": "opencv",
    "opencv-python-headless": "opencv",
    "pil": "pillow",
    "psycopg2-binary": "psycopg2",
    "tables": "pytables",
    "torch-geometric": "pytorch_geometric",
    "yaml": "pyyaml",
}
# PyPI has these names only to refuse to be installed, or not at all.
NOT_PIP = {"pytorch": "torch", "pytorch-gpu": "torch", "pytorch-cuda": "torch", "sklearn": "scikit-learn"}
DOUBTFUL_PIP = {
    "cv2": "opencv-python",
    "opencv": "opencv-python",
    "pil": "pillow",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
}
# The most used packages, and real ones that a slip of the finger could make of them.
_KNOWN = """
accelerate aiohttp albumentations altair anyio asyncio attrs awscli bitsandbytes black bokeh boto3
bottle bottleneck cartopy catboost cattrs certifi click cmake commit cryptography cuda cuda-nvcc cuda-
toolkit cuda-version cudatoolkit cudf cudnn cuml cupy cython dash dask dataset datasets deepspeed
diffusers django docker einops faiss-cpu faiss-gpu fastai fastapi ffmpeg flake8 flash-attn flask folium
gcc gdal gensim geopandas git git-lfs gpytorch gradio graphviz gsutil gxx gymnasium h5py httpx hydra-
core imageio ipykernel ipython ipywidgets jax jaxlib jinja2 joblib jupyter jupyterhub jupyterlab
jupytext keras kornia langchain lightgbm lightning llvmlite loguru lxml mamba matplotlib matplotlib-base
mkl mlflow mypy nbconvert nccl networkx ninja nltk nodejs notebook numba numexpr numpy numpydoc
omegaconf onnx onnxruntime opencv openpyxl openssl optuna orjson pandas papermill peft pillow pip plotly
polars pre- protobuf psutil psycopg psycopg2 py-opencv pyaml pyarrow pydantic pytables pytest pytest-cov
pytest-xdist python python-dateutil python-dotenv python-graphviz pytorch pytorch-cpu pytorch-cuda
pytorch-gpu pytorch-lightning pytorch_geometric pytz pyyaml ray requests rich ruff safetensors scanpy
scapy scikit-image scikit-learn scipy scrapy seaborn sentence-transformers sentencepiece setuptools
shapely simpy spacy sqlalchemy statsmodels streamlit sympy tensorboard tensorboardx tensorflow
tensorflow-cpu tensorflow-gpu timm tokenizers toolz torchaudio torchmetrics torchtext torchvision tqdm
transformers triton trl typer typing_extensions ultralytics uvicorn vastai vllm wandb wheel willow
xarray xformers xgboost xlrd yaml zarr zeromq
"""
KNOWN = frozenset(_KNOWN.split())
SHORTEST = 5  # among shorter names too many real ones are one letter apart


def near(name: str) -> str:
    """Return the known name that one slip makes of this one: a letter more, less, wrong, or two swapped."""
    if len(name) < SHORTEST or name in KNOWN or name.replace("-", "_") in KNOWN:
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
