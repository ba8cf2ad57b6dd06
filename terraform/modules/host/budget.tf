# A mail when a month costs more than was meant; AWS counts hours late, so it is no cap.

resource "aws_budgets_budget" "this" {
  for_each = toset(var.budget_usd == null ? [] : ["own"])

  # budgets have no region: the name says which one this is about
  name_prefix = "${local.name}-${local.region}-"
  tags        = local.tags

  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.budget_usd)
  limit_unit   = "USD"

  # what carries our tag, once the account counts by it; `format`, since "$${" would be text
  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:%s$%s", "gpuinfra:stack", var.stack)]
  }

  dynamic "notification" {
    for_each = [50, 80, 100]

    content {
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      notification_type          = "ACTUAL"
      subscriber_email_addresses = [var.budget_email]
    }
  }
}
