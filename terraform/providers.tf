# Credentials and the endpoint come from the environment, as for every AWS tool: AWS_PROFILE,
# AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL and so on. No key is ever written here.
provider "aws" {
  region = var.region

  # With the default of 25 a lack of capacity is retried in silence for most of an hour.
  max_retries = 5

  # On everything that is made, volumes too: this is how orphans are found and bills are split.
  default_tags {
    tags = local.tags
  }
}
