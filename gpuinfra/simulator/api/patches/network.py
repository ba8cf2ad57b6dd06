"""Network interfaces and security groups of instances, as EC2 has them."""

from typing import Any

from moto.ec2.exceptions import AuthFailureRestricted, DependencyViolationError
from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupBackend

from gpuinfra.simulator.api.state import SimulatorState


def finish(request: Any, instance: Any) -> None:
    """Groups given on the interface count for the instance, and the primary interface dies with it."""
    primary = instance.nics.get(0)
    if primary is None:
        return
    if not instance.security_groups:
        instance.security_groups = list(primary.group_set)
    brought_along = any(nic.get("NetworkInterfaceId") for nic in request._get_param("NetworkInterfaces", []))
    primary.delete_on_termination = not brought_along


def _keep_fixed_addresses() -> None:
    """An Elastic IP stays an instance's when it stops, and is let go when it ends."""
    stop_of_moto, start_of_moto = NetworkInterface.stop, NetworkInterface.start
    terminate_of_moto = Instance.terminate

    def is_fixed(card: Any) -> bool:
        return any(address.eni is card for address in card.ec2_backend.addresses)

    def terminate(self: Any, *args: Any, **more: Any) -> Any:
        ended = terminate_of_moto(self, *args, **more)
        for address in [it for it in self.ec2_backend.addresses if it.eni in self.nics.values()]:
            self.ec2_backend.disassociate_address(address=address.public_ip)
        return ended

    NetworkInterface.stop = lambda self: None if is_fixed(self) else stop_of_moto(self)
    NetworkInterface.start = lambda self: None if is_fixed(self) else start_of_moto(self)
    Instance.terminate = terminate


def _let_addresses_go_over() -> None:
    """An Elastic IP of one instance goes over to another, unless the caller forbids it, which ours does not.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html (AllowReassociation)
    """
    associate_of_moto = ElasticAddressBackend.associate_address

    def associate(self: Any, instance: Any = None, eni: Any = None, *args: Any, **more: Any) -> Any:
        ids = [more["allocation_id"]] if more.get("allocation_id") else None
        for address in self.address_by_allocation(ids) if ids else ():
            if address.instance and instance and address.instance.id != instance.id:
                self.disassociate_address(association_id=address.association_id)
        return associate_of_moto(self, instance, eni, *args, **more)

    ElasticAddressBackend.associate_address = associate


def _owned(association: dict[str, Any]) -> dict[str, Any]:
    """Say whose an address is: one that came with an instance is Amazon's."""
    if association and not association.get("allocationId"):
        association["ipOwnerId"] = "amazon"
    return association


def apply(state: SimulatorState) -> None:
    """No empty association for a private instance; groups in use stay; a NAT gateway takes its interface.

    And it lets its address go then; before, nobody can release that.
    """
    association_of_moto = NetworkInterface.association.fget
    delete_of_moto = SecurityGroupBackend.delete_security_group

    def delete(self: Any, name: str | None = None, group_id: str | None = None) -> None:
        users = (it for it in self.enis.values() if group_id in [group.id for group in it.group_set])
        if next(users, None):
            raise DependencyViolationError(f"resource {group_id} has a dependent object")
        delete_of_moto(self, name=name, group_id=group_id)

    delete_gateway_of_moto = NatGatewayBackend.delete_nat_gateway

    def delete_gateway(self: Any, nat_gateway_id: str) -> Any:
        deleted = delete_gateway_of_moto(self, nat_gateway_id)
        for address in [it for it in self.addresses if it.eni is deleted._eni]:
            self.disassociate_address(address=address.public_ip)
        self.enis.pop(deleted._eni.id, None)
        return deleted

    release_of_moto = ElasticAddressBackend.release_address

    def release(self: Any, address: str | None = None, allocation_id: str | None = None) -> None:
        cards = [it._eni for it in self.nat_gateways.values() if it.state != "deleted"]
        if any(it.eni in cards for it in self.address_by_allocation([allocation_id])):
            raise AuthFailureRestricted  # as EC2 does, of all words
        release_of_moto(self, address=address, allocation_id=allocation_id)

    ElasticAddressBackend.release_address = release
    NatGatewayBackend.delete_nat_gateway = delete_gateway
    NetworkInterface.association = property(lambda self: _owned(association_of_moto(self)) or None)
    SecurityGroupBackend.delete_security_group = delete
    _keep_fixed_addresses()
    _let_addresses_go_over()
