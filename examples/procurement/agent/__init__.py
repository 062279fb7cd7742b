"""The served agent: answers purchase requests, obeys the config that it hot-loads."""
