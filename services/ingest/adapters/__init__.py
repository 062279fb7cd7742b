"""How requests reach the door: bodies and their encodings, gRPC, files of rules."""
