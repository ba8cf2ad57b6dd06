# Since there may be none of them, with instance_profile: the same objects under a key.

moved {
  from = aws_iam_role.this
  to   = aws_iam_role.this["own"]
}

moved {
  from = aws_iam_role_policy.session_manager
  to   = aws_iam_role_policy.session_manager["own"]
}

moved {
  from = aws_iam_instance_profile.this
  to   = aws_iam_instance_profile.this["own"]
}
