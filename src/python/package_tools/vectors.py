"""Known answers that package checks share."""

# "get-vanilla" of the test suite that AWS publishes for Signature Version 4.
SIGV4 = {
    "access key": "AKIDEXAMPLE",
    "secret key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "region": "us-east-1",
    "service": "service",
    "host": "example.amazonaws.com",
    "timestamp": "20150830T123600Z",
    "signature": "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
}
