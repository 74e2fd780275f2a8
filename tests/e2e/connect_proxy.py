"""An HTTP proxy that tunnels (CONNECT), as a test says."""

import socket
import socketserver
import threading


class ConnectProxy(socketserver.ThreadingTCPServer):
    """`where` maps the "host:port" that a client asks for to the address that it gets; others are
    refused with 403. While `status` is set, it is the answer to those in `refused` (or to all)."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, where):
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.where = where
        self.status = None
        self.refused = None
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self._thread.start()

    def answer_to(self, target):
        """The status line's, and the address to connect to."""
        if self.status and (self.refused is None or target in self.refused):
            return self.status, None
        if target not in self.where:
            return "403 Forbidden", None
        return "200 Connection established", self.where[target]

    def stop(self):
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, request, client_address):
        pass  # clients go when they like


class _Tunnel(socketserver.BaseRequestHandler):
    def handle(self):
        head = b""
        while b"\r\n\r\n" not in head:
            more = self.request.recv(4096)
            if not more:
                return
            head += more
        self.server.asked.append(head.decode())
        status, address = self.server.answer_to(head.split()[1].decode())
        self.request.sendall(f"HTTP/1.1 {status}\r\n\r\n".encode())
        if address is None:
            return
        with socket.create_connection(address) as server:
            back = threading.Thread(target=_pass_on, args=(server, self.request))
            back.start()
            _pass_on(self.request, server)
            back.join()


def _pass_on(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
