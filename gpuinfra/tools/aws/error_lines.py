"""What AWS refuses, a line for each: its codes, what they mean, the next step. Pure.

Both texts are filled with the refusal, r. A step is told only where the code alone says that it applies.
Sources: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html, and the API references
of IAM, Service Quotas and Price List.
"""

SUPPORT = "https://support.console.aws.amazon.com/support/home"
AGAIN = "run the same command again in a minute; what was made so far is kept"

LINES: tuple[tuple[str, str, str], ...] = (
    # who asks
    (
        "ExpiredToken(Exception)?|TokenRefreshRequired",
        "the AWS credentials have expired ({r.code})",
        "aws sso login   # or renew them your way; then run the same command again, nothing is lost",
    ),
    (
        "RequestExpired|RequestTimeTooSkewed|RequestInTheFuture",
        "AWS calls the request too old ({r.code}): the credentials have expired, or this machine's clock is"
        " minutes off",
        "date -u   # is it right? then: aws sso login, and the same command again, nothing is lost",
    ),
    # the account
    (
        "PendingVerification",
        "AWS is still checking this account: {r.message}",
        "{r.up}   # in an hour or two; if it lasts longer: " + SUPPORT,
    ),
    ("Blocked", "AWS has blocked this account: {r.message}", SUPPORT + "   # only AWS can lift it"),
    (
        "LimitExceeded(Exception)?",
        "the account has all that it may have of what {r.action} makes: {r.message}",
        "aws iam get-account-summary   # what there is, and how much may be",
    ),
    (
        "NoSuchResource(Exception)?",
        "AWS knows no such quota for this account: {r.message}",
        "aws service-quotas list-service-quotas --service-code ec2 --region {r.region}",
    ),
    (
        "ResourceAlreadyExistsException|QuotaExceeded(Exception)?|InvalidResourceState(Exception)?",
        "AWS takes no further request for this quota: {r.message}",
        "gpuinfra quota history   # what is open",
    ),
    # places and prices
    (
        "VPCIdNotSpecified|DefaultVpcDoesNotExist",
        "the account has no default VPC in {r.region}: {r.message}",
        "aws ec2 create-default-vpc --region {r.region}   # or set subnet_id in terraform.tfvars",
    ),
    (
        "InsufficientFreeAddressesInSubnet",
        "the subnet has no free address: {r.message}",
        "set another subnet_id in terraform.tfvars, then: {r.plan}",
    ),
    (
        "ReservationCapacityExceeded",
        "the capacity reservation has no free place: {r.message}",
        "aws ec2 describe-capacity-reservations --region {r.region}   # ended hosts give places back",
    ),
    (
        r"InvalidCapacityReservation(Id|State)(\.\w+)?",
        "the capacity reservation cannot be used now: {r.message}",
        "aws ec2 describe-capacity-reservations --region {r.region}   # its state, and its times",
    ),
    (
        r"InvalidVolume\.ZoneMismatch",
        "the volume is in another zone than the host: {r.message}",
        "set its zone as availability_zone in terraform.tfvars, then: {r.plan}",
    ),
    # what is there, or is not
    (
        r"InvalidKeyPair\.NotFound",
        "EC2 has no such key pair in {r.region}: {r.message}",
        "aws ec2 describe-key-pairs --region {r.region}   # set key_name in terraform.tfvars to one",
    ),
    (
        r"Invalid(?!KeyPair)\w+\.NotFound|InvalidAMIID\.\w+|InvalidSubnet|NoSuchEntity|NatGatewayNotFound|NotFound",
        "AWS does not know what {r.action} names (any more): {r.code}: {r.message}",
        "{r.plan}   # says what is missing, and what would be made anew",
    ),
    (
        r"Incorrect\w*State",
        "AWS cannot do {r.action} in the state that it is in: {r.message}",
        "{r.status}",
    ),
    (
        "UnmodifiableEntity",
        "only the AWS service that made it may change it: {r.message}",
        "{r.plan}   # names it",
    ),
    (
        "VolumeInUse",
        "the volume is on a host: {r.message}",
        "aws ec2 describe-volumes --region {r.region}   # on which one",
    ),
    (
        r"InvalidSnapshot\.InUse",
        "an image is made of the snapshot: {r.message}",
        "aws ec2 describe-images --owners self --region {r.region}   # which one",
    ),
    (
        r"InvalidPlacementGroup\.InUse",
        "hosts are in the placement group: {r.message}",
        "aws ec2 describe-instances --region {r.region}   # which ones",
    ),
    # the moment
    (
        "RequestLimitExceeded|Throttling(Exception)?|TooManyRequestsException",
        "AWS is throttling this account ({r.code} at {r.operation}, after several tries)",
        AGAIN,
    ),
    (
        "InternalError|InternalFailure|InternalServerError|Unavailable|ServiceUnavailable(Exception)?"
        "|ServiceFailure|RequestTimeout|ConcurrentModification(Exception)?",
        "AWS could not do {r.action} at this moment: {r.code}: {r.said}",
        AGAIN,
    ),
    ("PreconditionFailed", "somebody else wrote it a moment before: {r.message}", AGAIN),
    ("ExpiredNextToken|InvalidNextToken", "a list of AWS's ended in the middle: {r.message}", AGAIN),
    (
        "VolumeModificationRateExceeded",
        "AWS changes a volume only so many times a day: {r.message}",
        "aws ec2 describe-volumes-modifications --region {r.region}   # when it was; later: {r.up}",
    ),
)
