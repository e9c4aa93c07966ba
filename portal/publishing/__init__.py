"""The press: the one way by which anything of substance reaches the public."""
