"""What requests and responses of all apps have in common: media types, numbers in parameters."""
