"""What an account may have of something: vCPUs by quota, and things by number. Pure."""

from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.names import command
from gpuinfra.ground.pool import ON_DEMAND, SPOT
from gpuinfra.ground.quota_codes import quota_code, quota_family
from gpuinfra.tools.aws.refusal import Refusal

QUOTAS = "https://{region}.console.aws.amazon.com/servicequotas/home/services/{service}/quotas"
# What an account may have a number of: its name, the service that keeps the number, how to see what there is.
LIMITS = {
    "VpcLimitExceeded": ("VPCs", "vpc", "describe-vpcs"),
    "SubnetLimitExceeded": ("subnets of a VPC", "vpc", "describe-subnets"),
    "RouteTableLimitExceeded": ("route tables of a VPC", "vpc", "describe-route-tables"),
    "InternetGatewayLimitExceeded": ("internet gateways", "vpc", "describe-internet-gateways"),
    "NatGatewayLimitExceeded": ("NAT gateways of a zone", "vpc", "describe-nat-gateways"),
    "VpcEndpointLimitExceeded": ("endpoints of a VPC", "vpc", "describe-vpc-endpoints"),
    "SecurityGroupLimitExceeded": ("security groups", "vpc", "describe-security-groups"),
    "RulesPerSecurityGroupLimitExceeded": (
        "rules of a security group: each of allowed_cidrs is one",
        "vpc",
        "describe-security-group-rules",
    ),
    "NetworkInterfaceLimitExceeded": ("network interfaces", "vpc", "describe-network-interfaces"),
    "AddressLimitExceeded": ("Elastic IP addresses", "ec2", "describe-addresses"),
    "VolumeLimitExceeded": ("GiB of volumes of this kind", "ebs", "describe-volumes"),
    "MaxIOPSLimitExceeded": ("IOPS of volumes of this kind", "ebs", "describe-volumes"),
}


def on_demand_vcpus(r: Refusal) -> CloudError:
    """Return the error for a quota of on-demand hosts that is too small."""
    return _quota(r, ON_DEMAND)


def spot_vcpus(r: Refusal) -> CloudError:
    """Return the error for a quota of spot hosts that is too small."""
    return _quota(r, SPOT)


def _quota(r: Refusal, market: str) -> CloudError:
    """Return the error for a quota of vCPUs that is too small; which one it is depends on type and market."""
    name = r.settings.instance_type if r.settings else ""
    code, family = quota_code(name, market), quota_family(name, market)
    of = f" {code} ({family} {market})" if code else f" of {market} hosts"
    ask = command(f"quota request --type {name}" + (" --spot" if market == SPOT else ""), r.stack)
    console = f"raise it: {QUOTAS.format(region=r.region, service='ec2')}"
    back = "; or set instance_type back in terraform.tfvars" if r.after else ""
    return CloudError(
        f"the account's vCPU quota{of} is too small for {r.wanted}: {r.said}",
        hint=f"{ask}   # asks AWS for more{back}" if code else console + back,
    )


def spot_price(r: Refusal) -> CloudError:
    """Return the error for a spot price that nobody sells for."""
    return CloudError(
        f"max_price is below what {r.wanted} costs on spot now: {r.message}",
        hint=f"gpuinfra prices {r.settings.instance_type if r.settings else ''}".rstrip()
        + "   # then set max_price higher in terraform.tfvars, or to null: up to the on-demand price",
    )


def of_things(r: Refusal) -> CloudError:
    """Return the error for a number of things that an account has reached."""
    things, service, listing = LIMITS[r.code]
    return CloudError(
        f"the account has all that it may have in {r.region} ({things}): {r.message}",
        hint=f"aws ec2 {listing} --region {r.region}   # delete what is not needed, or ask for more:"
        f" {QUOTAS.format(region=r.region, service=service)}",
    )
