"""What an account's settings make EC2 refuse, hide and tell, and what IAM says of its rights."""

from fnmatch import fnmatchcase
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.amis import AmiBackend
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.responses.amis import AmisResponse
from moto.ec2.responses.instances import InstanceResponse
from moto.iam.responses import IamResponse

from gpuinfra.simulator.api.iam_policy import Need
from gpuinfra.simulator.api.seed import SeedImage
from gpuinfra.simulator.api.state import SimulatorState

NOT_FREE = (
    "The specified instance type is not eligible for Free Tier. For a list of Free Tier instance types, run"
    " 'describe-instance-types' with the filter 'free-tier-eligible=true'."
)
NOT_VERIFIED = (
    "Your request for accessing resources in this region is being validated, and you will not be able to"
    " launch additional resources in this region until the validation is complete."
)
TERMS = (
    "In order to use this AWS Marketplace product you need to accept terms and subscribe. To do so please"
    " visit https://aws.amazon.com/marketplace/pp?sku={sku}"
)


def _refuse(state: SimulatorState, request: Any) -> None:
    """Refuse a launch as EC2 does; a dry run is not told of terms (nobody knows whether EC2 would)."""
    account, name = state.account, request._get_param("InstanceType") or ""
    if account.plan == "FREE" and not INSTANCE_TYPES.get(name, {}).get("FreeTierEligible"):
        raise EC2ClientError("InvalidParameterCombination", NOT_FREE)
    if not account.verified:
        raise EC2ClientError("PendingVerification", NOT_VERIFIED)
    image = state.seed.image(request._get_param("ImageId") or "")
    if image and _hides(state, image):
        raise EC2ClientError("InvalidAMIID.NotFound", f"The image id '[{image.id}]' does not exist")
    sku = image.product_code if image else ""
    if sku and not account.has_accepted(sku) and not request._get_param("DryRun"):
        raise EC2ClientError("OptInRequired", TERMS.format(sku=sku))


def _hides(state: SimulatorState, image: SeedImage) -> bool:
    return state.account.hides(image.owner_id, image.owner_alias)


def _launches(state: SimulatorState) -> None:
    run_before = InstanceResponse.run_instances

    def run_instances(self: Any) -> Any:
        _refuse(state, self)
        return run_before(self)

    InstanceResponse.run_instances = run_instances


def _images(state: SimulatorState) -> None:
    """Allowed AMIs hides images of others; an account's own are not touched."""
    describe_of_moto = AmiBackend.describe_images

    def describe(self: Any, *args: Any, **more: Any) -> list[Any]:
        found = describe_of_moto(self, *args, **more)
        seeded = [(one, state.seed.image(one.id)) for one in found]
        return [one for one, image in seeded if not (image and _hides(state, image))]

    def settings(self: Any) -> Any:
        allowed = state.account.allowed_amis
        if allowed is None:
            return ActionResult({"State": "disabled", "ManagedBy": "account"})
        criteria = [{"ImageProviders": list(allowed)}]
        return ActionResult({"State": "enabled", "ImageCriteria": criteria, "ManagedBy": "account"})

    AmiBackend.describe_images = describe
    AmisResponse.get_allowed_images_settings = settings


def _rights(state: SimulatorState) -> None:
    """Judge by the policies of the caller's key, on the resources (else `*`) and in the context given."""

    def simulate(self: Any) -> Any:
        given = {
            str(it["ContextKeyName"]).lower(): tuple(it["ContextKeyValues"])
            for it in self._get_param("ContextEntries") or []
        }
        results = [
            {
                "EvalActionName": action,
                "EvalResourceName": resource,
                "EvalDecision": _decision(
                    self.get_access_key(), Need(action=action, resource=resource, context=given)
                ),
            }
            for action in self._get_param("ActionNames") or []
            for resource in self._get_param("ResourceArns") or ["*"]
        ]
        return ActionResult({"EvaluationResults": results, "IsTruncated": False})

    def _decision(access_key: str, need: Need) -> str:
        if any(fnmatchcase(need.action, pattern) for pattern in state.account.deny):
            return "explicitDeny"
        return state.gate.decision(access_key, need)

    IamResponse.simulate_principal_policy = simulate


def _way_out() -> None:
    """A default VPC has an internet gateway, and its main route table leads to it.

    https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html
    """
    create_of_moto = VPCBackend.create_default_vpc

    def create(self: Any) -> Any:
        vpc = create_of_moto(self)
        (table,) = self.describe_route_tables(filters={"vpc-id": vpc.id})
        gateway = self.create_internet_gateway()
        self.attach_internet_gateway(gateway.id, vpc.id)
        self.create_route(table.id, "0.0.0.0/0", gateway_id=gateway.id)
        return vpc

    VPCBackend.create_default_vpc = create


def _gateway_endpoints() -> None:
    """A route table that is gone is no gateway endpoint's any more: moto refuses to delete the endpoint then.

    What EC2 deletes with an endpoint are its routes in the tables that are there:
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpcEndpoints.html
    """
    delete_of_moto = VPCBackend.delete_vpc_endpoints

    def delete(self: Any, vpce_ids: list[str] | None = None) -> None:
        for one in (self.vpc_end_points.get(name) for name in vpce_ids or []):
            if one:
                one.route_table_ids = [
                    name for name in one.route_table_ids or [] if name in self.route_tables
                ]
        delete_of_moto(self, vpce_ids)

    VPCBackend.delete_vpc_endpoints = delete


def apply(state: SimulatorState) -> None:
    """Wrap launches, images and networks; add GetAllowedImagesSettings and SimulatePrincipalPolicy."""
    _launches(state)
    _images(state)
    _rights(state)
    _way_out()
    _gateway_endpoints()
