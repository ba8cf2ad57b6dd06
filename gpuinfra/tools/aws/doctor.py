"""What AWS is asked before a host: who asks, what the account is like, what it may do. Nothing is made."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import Any

from botocore import exceptions as boto

from gpuinfra.ground.account_facts import (
    AccountPlan,
    Caller,
    FoundImage,
    HostRequest,
    Simulation,
    StackOfTries,
    SubnetPlace,
    TypeOffer,
)
from gpuinfra.ground.errors import CloudError, GpuInfraError
from gpuinfra.ground.model import Settings
from gpuinfra.ground.reservation import Reservation
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.aws import (
    describe,
    doctor_caller,
    doctor_given,
    doctor_images,
    doctor_network,
    doctor_rights,
    reservations,
)
from gpuinfra.tools.aws.asking import code
from gpuinfra.tools.aws.client import client, session
from gpuinfra.tools.aws.errors import map_boto_errors

# One that does not answer must not hold up the others for minutes.
ATTEMPTS, READ_TIMEOUT_S = 2, 15
# Services that have one endpoint for all regions: https://docs.aws.amazon.com/general/latest/gr/rande.html
HOME = "us-east-1"


@adapter("AWS cannot be called")
class AwsAccount:
    """One account, seen from one region; its methods may be called from several threads."""

    def __init__(
        self, region: str, settings: Settings | None = None, *, now: Callable[[], float] = time.time
    ) -> None:
        self._region, self._settings, self._now = region, settings, now
        self._own: Any = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def caller(self) -> Caller:
        """Return who asks, and how far AWS's clock is from this machine's; it never raises."""
        return doctor_caller.caller(self._client, self._region, self._settings, self._now)

    def plan(self) -> AccountPlan:
        """Return the account's plan.

        https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_freetier_GetAccountPlanState.html
        """
        with self._asked("freetier"):
            found = self._client("freetier", HOME).get_account_plan_state()
        end = found.get("accountPlanExpirationDate")
        expires = end.strftime("%Y-%m-%d") if end else ""
        kind, status = found.get("accountPlanType", ""), found.get("accountPlanStatus", "")
        return AccountPlan(kind=kind, status=status, expires=expires)

    def state(self) -> str:
        """Return the account's state: ACTIVE, PENDING_ACTIVATION, SUSPENDED or CLOSED.

        https://docs.aws.amazon.com/accounts/latest/reference/API_GetAccountInformation.html
        """
        with self._asked("account"):
            return str(self._client("account", HOME).get_account_information().get("AccountState", ""))

    def offer(self, instance_type: str) -> TypeOffer | None:
        """Return a type as EC2 sells it in the region; None: there is no such type anywhere."""
        ec2 = self._client("ec2")
        with self._asked("ec2"):
            try:
                found = ec2.describe_instance_types(
                    InstanceTypes=[instance_type], IncludeUnsupportedInRegion=True
                )
            except boto.ClientError as error:
                if code(error) == "InvalidInstanceType":
                    return None
                raise
            return _offer(found["InstanceTypes"][0], describe.type_facts(ec2, instance_type))

    def image(self, settings: Settings, architecture: str) -> FoundImage | None:
        """Return the image that a new host would be made from, as the Terraform module chooses it."""
        with self._asked("ec2"):
            return doctor_images.find(self._client, settings, architecture)

    def allowed_images(self) -> str:
        """Return the state of Allowed AMIs: enabled, audit-mode or disabled."""
        with self._asked("ec2"):
            return str(self._client("ec2").get_allowed_images_settings().get("State", ""))

    def has_agreement(self, product: str) -> bool:
        """Tell whether an agreement on a Marketplace product is in force; False does not say that none is.

        https://docs.aws.amazon.com/marketplace/latest/APIReference/API_marketplace-agreements_SearchAgreements.html
        """
        wanted = {
            "PartyType": "Acceptor",
            "AgreementType": "PurchaseAgreement",
            "ResourceIdentifier": product,
            "Status": "ACTIVE",
        }
        filters = [{"name": name, "values": [value]} for name, value in wanted.items()]
        with self._asked("aws-marketplace"):
            market = self._client("marketplace-agreement", HOME)
            found = market.search_agreements(catalog="AWSMarketplace", filters=filters)
            return bool(found.get("agreementViewSummaries"))

    def network(self, subnet_id: str) -> list[SubnetPlace] | None:
        """Return the subnets that a host may be put into: the one named, else those of the default VPC.

        None: there is no such subnet, or no default VPC.
        """
        with self._asked("ec2"):
            return doctor_network.places(self._client("ec2"), subnet_id)

    def given(self, kind: str, name: str) -> str | None:
        """Return how a thing of the account's own is, None where there is none."""
        with self._asked(doctor_given.SERVICES.get(kind, "ec2")):
            return doctor_given.find(self._client, kind, name)

    def reservation(self, reservation_id: str) -> Reservation | None:
        """Return a capacity reservation, None where the account has no such one in the region."""
        with self._asked("ec2"):
            return reservations.find(self._client("ec2"), reservation_id)

    def launch(self, request: HostRequest) -> GpuInfraError | None:
        """Return why EC2 would not take this very request, by a dry run; None: it would.

        Nothing is made. Neither quota nor capacity is looked at by it.
        """
        return self._refusal(lambda: doctor_rights.launch(self._client("ec2"), request))

    def dry_run(self, action: str, of: StackOfTries) -> GpuInfraError | None:
        """Return why EC2 would not do another action of doctor_rights; None: it would."""
        return self._refusal(lambda: doctor_rights.dry_run(self._client("ec2"), action, of))

    def simulate(self, arn: str, of: Simulation) -> dict[str, str]:
        """Return for each action what IAM decides; empty where it hangs on what is not known here."""
        with self._asked("iam"):
            return doctor_rights.simulate(self._client("iam", HOME), arn, of)

    def read(self, action: str) -> None:
        """Make a read call for the sake of its answer's being no refusal."""
        service, region, call = doctor_rights.read_call(action, self._region)
        with self._asked(action.partition(":")[0]):
            call(self._client(service, region))

    def _refusal(self, call: Callable[[], object]) -> GpuInfraError | None:
        try:
            with map_boto_errors("ec2", self._settings):
                try:
                    call()
                except boto.ClientError as error:
                    if code(error) != "DryRunOperation":
                        raise
        except CloudError as error:
            return error
        return None

    def _client(self, service: str, region: str = "") -> Any:
        with self._lock:  # a session makes one client at a time
            self._own = self._own or session(self._region)
            where = region or self._region
            if (service, where) not in self._clients:
                self._clients[service, where] = client(
                    service, where, own=self._own, attempts=ATTEMPTS, read_timeout_s=READ_TIMEOUT_S
                )
            return self._clients[service, where]

    @contextmanager
    def _asked(self, service: str) -> Any:
        with map_boto_errors(service, self._settings):
            yield


def _offer(raw: Mapping[str, Any], here: Any) -> TypeOffer:
    gpus = raw.get("GpuInfo", {}).get("Gpus", [])
    return TypeOffer(
        name=raw["InstanceType"],
        zones=here.zones if here and raw.get("SupportedInRegion", True) else (),
        architectures=tuple(raw.get("ProcessorInfo", {}).get("SupportedArchitectures", [])),
        # A type with a part of a GPU counts 0 of them, and the host sees one.
        gpu_count=sum(max(1, gpu.get("Count", 0)) for gpu in gpus if gpu.get("Manufacturer") == "NVIDIA"),
        vcpus=raw.get("VCpuInfo", {}).get("DefaultVCpus", 0),
        free=bool(raw.get("FreeTierEligible")),
    )
