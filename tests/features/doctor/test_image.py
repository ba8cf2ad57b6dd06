"""The image, its terms, driver and size: what is wrong has its one next step, what is not known is unsure."""

import dataclasses

import pytest

from gpuinfra.features.doctor import image
from gpuinfra.features.doctor.finding import BAD, OK, UNSURE
from gpuinfra.features.doctor.situation import Situation
from tests.fakes.account import G4DN, IMAGE, FakeAccount
from tests.features.doctor.situations import Case, asked, denied, named, situation, told


def gpu(instance_type: str, image: str, gpus: int = 1) -> Situation:
    """Return a situation with this type and image."""
    offer = dataclasses.replace(G4DN, name=instance_type, gpu_count=gpus)
    return situation(FakeAccount(offers={instance_type: offer}), instance_type=instance_type, image=image)


CASES: list[Case] = [
    (image.there, situation(), OK, "NVIDIA VMI (ami-1)", ""),
    (image.there, asked(shown=None), BAD, "shows this account no image nvidia", "set image"),
    (image.there, asked(shown=None, allowed="enabled"), BAD, "Allowed AMIs hides", "aws ec2 get-allowed"),
    (
        image.there,
        asked(shown=None, refuses={"allowed_images": denied("ec2:GetAllowedImagesSettings")}),
        BAD,
        "shows this account no image",
        "set image",
    ),
    (image.terms, situation(), OK, "accepted", ""),
    (image.terms, asked(agreed=False), UNSURE, "no agreement was found", "https://aws.amazon.com/market"),
    (
        image.terms,
        asked(refuses={"has_agreement": denied("aws-marketplace:SearchAgreements")}),
        UNSURE,
        "may not do aws-marketplace:SearchAgreements",
        "https://aws.amazon.com/marketplace",
    ),
    (image.terms, asked(shown=dataclasses.replace(IMAGE, product="")), OK, "needs none", ""),
    (image.fits_gpu, gpu("g4dn.xlarge", "aws-nvidia"), OK, "serves g4dn.xlarge", ""),
    (image.fits_gpu, gpu("g4dn.xlarge", "ubuntu"), BAD, "no driver", 'set image = "aws-nvidia"'),
    (image.fits_gpu, gpu("t3.large", "nvidia", 0), BAD, "has no NVIDIA GPU", 'set image = "ubuntu"'),
    (image.fits_gpu, gpu("t3.large", "ubuntu", 0), OK, "no GPU, no driver", ""),
    (image.fits_gpu, gpu("p6-b200.48xlarge", "aws-nvidia"), OK, "serves p6-b200", ""),
    (image.fits_gpu, gpu("p6-b200.48xlarge", "nvidia"), UNSURE, "open kernel", 'set image = "aws-nvidia"'),
    (image.fits_gpu, gpu("g7e.2xlarge", "aws-nvidia"), UNSURE, "do not list g7e", ""),
    (image.fits_gpu, gpu("p3.2xlarge", "aws-nvidia"), BAD, "proprietary kernel modules", "set instance_type"),
    (image.fits_gpu, gpu("p3.2xlarge", "nvidia"), UNSURE, "still serves p3.2xlarge is not known", ""),
    (
        image.kernel_modules,
        situation(image="aws-nvidia", instance_types=("g4dn.xlarge", "p3.2xlarge")),
        BAD,
        "p3.2xlarge needs NVIDIA's proprietary kernel modules, and image aws-nvidia has the open ones",
        "set instance_types in terraform.tfvars to a newer GPU",
    ),
    (image.kernel_modules, gpu("p3.2xlarge", "nvidia"), OK, "nothing is known against image nvidia", ""),
    (image.kernel_modules, situation(ami_id="ami-9", instance_type="p3.2xlarge"), OK, "nothing is known", ""),
    (image.fits_gpu, situation(ami_id="ami-9"), UNSURE, "ami-9 has is not known", ""),
    (image.disk, situation(root_volume_size_gb=100), BAD, "needs 128", "set root_volume_size_gb = 128"),
    (image.disk, asked(shown=None), UNSURE, "not known", ""),
]


@pytest.mark.parametrize("case", CASES, ids=named(CASES))
def test_a_check(case: Case) -> None:
    """It tells the state, what was found, and the next step where there is one."""
    told(*case)
