"""A service that answers on SEGUE_PORT, 503 at first, then 200, as a gateway that becomes ready."""

from __future__ import annotations

import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Answer(BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        Answer.asked += 1
        self.send_response(200 if Answer.asked > 2 else 503)
        self.end_headers()

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    HTTPServer((os.environ["SEGUE_HOST"], int(os.environ["SEGUE_PORT"])), Answer).serve_forever()
