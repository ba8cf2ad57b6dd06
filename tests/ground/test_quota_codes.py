"""Which quota a type counts against."""

import pytest

from gpuinfra.ground.quota_codes import quota_code, quota_family

# AWS's own table: https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
ROWS = [
    ("g4dn.xlarge", "G and VT", "L-DB2E81BA", "G and VT", "L-3819A6DF"),
    ("g4ad.xlarge", "G and VT", "L-DB2E81BA", "G and VT", "L-3819A6DF"),
    ("g6f.large", "G and VT", "L-DB2E81BA", "G and VT", "L-3819A6DF"),
    ("gr6f.4xlarge", "G and VT", "L-DB2E81BA", "G and VT", "L-3819A6DF"),
    ("vt1.3xlarge", "G and VT", "L-DB2E81BA", "G and VT", "L-3819A6DF"),
    ("p3.2xlarge", "P", "L-417A185B", "P2 to P4", "L-7212CCBC"),
    ("p4de.24xlarge", "P", "L-417A185B", "P2 to P4", "L-7212CCBC"),
    ("p5en.48xlarge", "P", "L-417A185B", "P5", "L-C4BD4855"),
    ("p6-b200.48xlarge", "P", "L-417A185B", "", None),
    ("p6e-gb200.36xlarge", "P", "L-417A185B", "", None),
    ("t3.large", "Standard", "L-1216C47A", "Standard", "L-34B43A08"),
    ("z1d.large", "Standard", "L-1216C47A", "Standard", "L-34B43A08"),
    ("im4gn.large", "Standard", "L-1216C47A", "Standard", "L-34B43A08"),
    ("inf2.xlarge", "Inf", "L-1945791B", "Inf", "L-B5D1601B"),
    ("trn1.2xlarge", "Trn", "L-2C3B7624", "Trn", "L-6B0D517C"),
    ("dl1.24xlarge", "DL", "L-6E869C2A", "DL", "L-85EED4F7"),
    ("f2.6xlarge", "F", "L-74FC7D96", "F", "L-88CF9481"),
    ("x2gd.medium", "X", "L-7295265B", "X", "L-E3A00192"),
    ("hpc7a.12xlarge", "HPC", "L-F7808C92", "HPC", None),
    ("u7i-12tb.224xlarge", "High Memory", "L-43DA4232", "High Memory", None),
    ("mac2.metal", "", None, "", None),
    ("", "", None, "", None),
    ("42", "", None, "", None),
]


@pytest.mark.parametrize(("name", "family", "code", "spot_family", "spot_code"), ROWS)
def test_the_quota_of_a_type(
    name: str, family: str, code: str | None, spot_family: str, spot_code: str | None
) -> None:
    """By family and market; what AWS does not publish is None, never a near one."""
    assert (quota_family(name), quota_code(name)) == (family, code)
    assert (quota_family(name, "spot"), quota_code(name, "spot")) == (spot_family, spot_code)
