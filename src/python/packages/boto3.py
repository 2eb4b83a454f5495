"""boto3 and botocore: signatures by hashlib and hmac, calls over urllib3 and this Python's ssl."""


from package_tools.case import BODY, BODY_SHA256, CERTIFICATE, PackageCase, STRANGER, serve
from package_tools.vectors import SIGV4


class Boto3(PackageCase):
    package = "boto3"

    def client(self, server):
        from botocore.config import Config

        config = Config(
            # The digest of the body is signed, as it is by default where TLS does not protect it.
            s3={"addressing_style": "path", "payload_signing_enabled": True},
            request_checksum_calculation="when_required",
            retries={"total_max_attempts": 1},
            connect_timeout=30,
            read_timeout=30,
        )
        return self.module.session.Session().client(
            "s3",
            endpoint_url=server.url,
            region_name=SIGV4["region"],
            aws_access_key_id=SIGV4["access key"],
            aws_secret_access_key=SIGV4["secret key"],
            verify=CERTIFICATE,
            config=config,
        )

    def test_signature(self):
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        credentials = Credentials(SIGV4["access key"], SIGV4["secret key"])
        auth = SigV4Auth(credentials, SIGV4["service"], SIGV4["region"])
        request = AWSRequest("GET", "https://%s/" % SIGV4["host"])
        request.headers["X-Amz-Date"] = request.context["timestamp"] = SIGV4["timestamp"]
        text = auth.string_to_sign(request, auth.canonical_request(request))
        self.assertEqual(auth.signature(text, request), SIGV4["signature"])

    def test_tls_exchange(self):
        with serve() as server:
            answer = self.client(server).put_object(Bucket="bucket", Key="key", Body=BODY)
            seen = server.log()
        self.assertEqual(answer["ETag"], '"small"')
        [request] = seen["requests"]
        self.assert_echo(request)
        self.assertEqual((request["method"], request["path"]), ("PUT", "/bucket/key"))
        headers = {name.lower(): value for name, value in request["headers"].items()}
        self.assertEqual(headers["x-amz-content-sha256"], BODY_SHA256)
        self.assertRegex(headers["authorization"], "^AWS4-HMAC-SHA256 Credential=%s/" % SIGV4["access key"])

    def test_refuses_an_unknown_certificate(self):
        from botocore.exceptions import SSLError

        with serve(STRANGER) as server:
            with self.assertRaisesRegex(SSLError, "CERTIFICATE_VERIFY_FAILED"):
                self.client(server).list_buckets()
            self.assertEqual(server.log()["requests"], [])

    def test_runs_on_ssl(self):
        self.assert_crypto_as_listed()
        self.assert_ssl_undisturbed()
