"""Where the user's project lies on the host; imports nothing, so that quick commands may read it."""

# Below the login user's home; rsync, ssh commands and units all start from there.
PROJECT_DIRECTORY = "project"
