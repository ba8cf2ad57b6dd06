"""What calls to services beside EC2 need by IAM: IAM itself, the scheduler, budgets, Systems Manager. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
from collections.abc import Callable, Iterator, Mapping

from gpuinfra.simulator.api.aws_protocol import AwsRequest
from gpuinfra.simulator.api.iam_call import Asked, Context, Facts
from gpuinfra.simulator.api.iam_needs import ec2, pass_role
from gpuinfra.simulator.api.iam_policy import Need

# where a service signs by another name than its actions have
PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag", "api.pricing": "pricing"}
# The scheduler is called by paths: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html
PATHS = (
    ("GET", r"/schedules", "ListSchedules"),
    ("GET", r"/schedule-groups", "ListScheduleGroups"),
    ("POST", r"/schedules/(?P<Name>[^/]+)", "CreateSchedule"),
    ("GET", r"/schedules/(?P<Name>[^/]+)", "GetSchedule"),
    ("PUT", r"/schedules/(?P<Name>[^/]+)", "UpdateSchedule"),
    ("DELETE", r"/schedules/(?P<Name>[^/]+)", "DeleteSchedule"),
    ("POST", r"/schedule-groups/(?P<Name>[^/]+)", "CreateScheduleGroup"),
    ("GET", r"/schedule-groups/(?P<Name>[^/]+)", "GetScheduleGroup"),
    ("DELETE", r"/schedule-groups/(?P<Name>[^/]+)", "DeleteScheduleGroup"),
    ("GET", r"/tags/(?P<ResourceArn>.+)", "ListTagsForResource"),
    ("POST", r"/tags/(?P<ResourceArn>.+)", "TagResource"),
    ("DELETE", r"/tags/(?P<ResourceArn>.+)", "UntagResource"),
)
IAM_KINDS = (("InstanceProfileName", "instance-profile"), ("RoleName", "role"), ("UserName", "user"))
OF_ROLES = {"ListInstanceProfilesForRole"}
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgetservice.html
OWN_BUDGET_ACTIONS = {"TagResource", "UntagResource", "ListTagsForResource"}


def needs_of(request: AwsRequest, facts: Facts) -> tuple[Need, ...]:
    """Return what a call needs; nothing for the one that AWS allows everybody."""
    action, named = _action(request)
    asked = Asked(request=request, action=action, facts=facts, params={**request.params, **named})
    if (request.service, action) == ("sts", "GetCallerIdentity"):
        return ()
    return tuple(SERVICES.get(request.service, _other)(asked))


def _action(request: AwsRequest) -> tuple[str, Mapping[str, str]]:
    method, _, path = request.action.partition(" ")
    for wanted, pattern, name in PATHS if request.service == "scheduler" else ():
        if wanted == method and (found := re.fullmatch(pattern, path.split("?")[0])):
            return name, found.groupdict()
    return request.action, {}


def _other(asked: Asked) -> Iterator[Need]:
    service = PREFIXES.get(asked.request.service, asked.request.service)
    yield Need(action=f"{service}:{asked.action}", context=asked.base)


def _iam(asked: Asked) -> Iterator[Need]:
    action, params, facts = asked.action, asked.params, asked.facts
    resource, context = "*", {**asked.base, **asked.request_tags("Tags")}
    for name, kind in reversed(IAM_KINDS) if action in OF_ROLES else IAM_KINDS:
        if name in params:
            path = params.get("Path", "/")
            resource = asked.arn("iam", f"{kind}{path}{params[name]}", regional=False)
            tags = {} if kind == "user" else facts.iam_tags(kind, params[name])
            context |= {f"aws:resourcetag/{key.lower()}": (value,) for key, value in tags.items()}
            break
    else:
        resource = params.get("PolicyArn", "*")
    boundary = params.get("PermissionsBoundary") or facts.boundary(params.get("RoleName", ""))
    context |= {"iam:permissionsboundary": (boundary,)} if boundary else {}
    yield Need(action=f"iam:{action}", resource=resource, context=context)
    if action in ("CreateRole", "CreateInstanceProfile") and "aws:tagkeys" in context:
        yield Need(action=f"iam:{action.replace('Create', 'Tag')}", resource=resource, context=context)
    if action == "AddRoleToInstanceProfile":
        role = asked.arn("iam", f"role/{params.get('RoleName', '')}", regional=False)
        yield pass_role(asked, role, "ec2.amazonaws.com")


def _scheduler(asked: Asked) -> Iterator[Need]:
    action, params = asked.action, asked.params
    name, group = params.get("Name", ""), params.get("GroupName") or params.get("groupName") or "default"
    tags: Context = {}
    if action.startswith("List") and "ResourceArn" not in params:
        resource = "*"
    elif "ResourceArn" in params:
        resource, tags = params["ResourceArn"], asked.request_tags("Tags")
    elif action.endswith("ScheduleGroup"):
        resource, tags = asked.arn("scheduler", f"schedule-group/{name}"), asked.request_tags("Tags")
    else:
        resource = asked.arn("scheduler", f"schedule/{group}/{name}")
    yield Need(action=f"scheduler:{action}", resource=resource, context={**asked.base, **tags})
    if action == "CreateScheduleGroup" and tags:
        yield Need(action="scheduler:TagResource", resource=resource, context={**asked.base, **tags})
    if action in ("CreateSchedule", "UpdateSchedule"):
        yield pass_role(asked, params.get("Target.RoleArn", ""), "scheduler.amazonaws.com")


def _budgets(asked: Asked) -> Iterator[Need]:
    action, params = asked.action, asked.params
    name = params.get("BudgetName") or params.get("Budget.BudgetName") or params.get("NewBudget.BudgetName")
    resource = params.get("ResourceARN") or (
        asked.arn("budgets", f"budget/{name}", regional=False) if name else "*"
    )
    tags = asked.request_tags("ResourceTags")
    reads = action.startswith("Describe")
    own = action if action in OWN_BUDGET_ACTIONS else "ViewBudget" if reads else "ModifyBudget"
    yield Need(action=f"budgets:{own}", resource=resource, context={**asked.base, **tags})
    if action == "CreateBudget" and tags:
        yield Need(action="budgets:TagResource", resource=resource, context={**asked.base, **tags})


def _ssm(asked: Asked) -> Iterator[Need]:
    action, params, facts = f"ssm:{asked.action}", asked.params, asked.facts
    region = asked.request.region
    names = asked.values("Name") if asked.action in ("GetParameter", "GetParameters") else []
    for name in names or asked.values("Names"):
        resource = asked.arn("ssm", f"parameter{name}", account=not name.startswith("/aws/"))
        yield Need(action=action, resource=resource, context=asked.base)
    hosts = [*asked.values("InstanceIds"), *asked.values("Target")]
    for one in hosts if asked.action in ("SendCommand", "StartSession") else ():
        tags = {
            f"{prefix}:resourcetag/{key.lower()}": (value,)
            for key, value in facts.tags(region, one).items()
            for prefix in ("aws", "ssm")
        }
        yield Need(
            action=action, resource=asked.arn("ec2", f"instance/{one}"), context={**asked.base, **tags}
        )
    if "DocumentName" in params:
        document = asked.arn("ssm", f"document/{params['DocumentName']}", account=False)
        yield Need(action=action, resource=document, context=asked.base)
    if asked.action in ("TerminateSession", "ResumeSession"):
        yield Need(
            action=action, resource=asked.arn("ssm", f"session/{params.get('SessionId')}"), context=asked.base
        )
    elif not names and not hosts and "DocumentName" not in params and not asked.values("Names"):
        yield Need(action=action, context=asked.base)


def _quotas(asked: Asked) -> Iterator[Need]:
    params = asked.params
    one = f"{params.get('ServiceCode')}/{params.get('QuotaCode')}"
    resource = asked.arn("servicequotas", one) if "QuotaCode" in params else "*"
    yield Need(action=f"servicequotas:{asked.action}", resource=resource, context=asked.base)


def _states(asked: Asked) -> Iterator[Need]:
    params = asked.params
    made = asked.arn("states", f"stateMachine:{params['name']}") if "name" in params else "*"
    named = (params.get(name) for name in ("executionArn", "stateMachineArn", "resourceArn"))
    resource = next(filter(None, named), made)
    yield Need(action=f"states:{asked.action}", resource=resource, context=asked.base)
    if asked.action == "CreateStateMachine":
        yield pass_role(asked, params.get("roleArn", ""), "states.amazonaws.com")
        if "tags.1.key" in params:
            yield Need(action="states:TagResource", resource=resource, context=asked.base)


SERVICES: Mapping[str, Callable[[Asked], Iterator[Need]]] = {
    "ec2": ec2,
    "iam": _iam,
    "scheduler": _scheduler,
    "budgets": _budgets,
    "servicequotas": _quotas,
    "ssm": _ssm,
    "states": _states,
}
