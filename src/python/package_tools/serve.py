"""A web server on this Python's own ssl, in a process of its own, that tells what it saw of its clients.

    serve.py CERTIFICATE [DIRECTORY]

Prints its port and serves until its standard input ends. `/log` answers with every connection and request so far,
`/simple/` is a package index of the wheels in DIRECTORY (PEP 503), all else is told what it sent and by what TLS.
"""

import hashlib
import http.server
import json
import os
import re
import ssl
import sys
import threading

connections = []
requests = []
directory = None


def normalize(name):
    return re.sub(r"[-_.]+", "-", name).lower()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *arguments):
        pass

    def read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            if size == 0:
                while self.rfile.readline().strip():
                    pass
                return body
            body += self.rfile.read(size)
            self.rfile.readline()

    def reply(self, body, kind="application/json", status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        # What an object store says of what was put into it.
        self.send_header("ETag", '"small"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def serve_index(self):
        names = sorted(os.listdir(directory))
        kind, _, name = self.path.strip("/").partition("/")
        if kind == "files" and name in names:
            with open(os.path.join(directory, name), "rb") as file:
                self.reply(file.read(), "application/octet-stream")
            return
        links = ['<a href="/files/%s">%s</a>' % (file, file) for file in names if normalize(file.split("-")[0]) == name]
        page = "<!DOCTYPE html><html><body>%s</body></html>" % "\n".join(links)
        self.reply(page.encode("ascii"), "text/html", 200 if links else 404)

    def answer(self):
        body = self.read_body()
        if self.path == "/log":
            self.reply(json.dumps({"connections": connections, "requests": requests}).encode("ascii"))
            return
        seen = {
            "method": self.command,
            "path": self.path,
            "headers": dict(self.headers.items()),
            "sha256": hashlib.sha256(body).hexdigest(),
            "version": self.connection.version(),
            "cipher": self.connection.cipher()[0],
            "library": ssl.OPENSSL_VERSION,
        }
        requests.append(seen)
        if directory is not None and self.path.startswith(("/simple/", "/files/")):
            self.serve_index()
        elif self.command == "PUT":
            # As object stores do; one that finds words in such an answer takes it for an error.
            self.reply(b"", "application/xml")
        else:
            self.reply(json.dumps(seen).encode("ascii"))

    do_GET = do_HEAD = do_POST = do_PUT = answer


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    context = None

    def finish_request(self, request, client_address):
        # In the connection's own thread: a client that says nothing keeps nobody else waiting.
        request.settimeout(30)
        try:
            secured = self.context.wrap_socket(request, server_side=True)
        except (ssl.SSLError, OSError) as problem:
            connections.append({"error": getattr(problem, "reason", None) or str(problem)})
            return
        connections.append({"version": secured.version(), "cipher": secured.cipher()[0]})
        try:
            self.RequestHandlerClass(secured, client_address, self)
        except OSError:
            pass
        finally:
            # The plain socket gave its file away, and is closed by the server.
            secured.close()


def main():
    global directory
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    if len(sys.argv) > 2:
        directory = sys.argv[2]
    Server.context = context
    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
