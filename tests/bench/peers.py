"""What ./dev bench measures against: nginx as the API, blackbox_exporter as the
other prober, wrk as the cheapest client; and our own probe driver."""

import asyncio
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.request

from processes import KEY, Failure, Process, answers, end_with_parent, free_port

# 127.0.0.1 serves what is measured by its cost. Each probe of a timing run goes to one
# of those that follow, in turn: the wire shows the address, so the probes that could be
# mistaken for each other are 1.25 s apart at 200 a second.
FIRST_SPREAD, SPREAD = 2, 250

CALL = json.dumps({"model": "bench", "messages": [{"role": "user", "content": "ping"}],
                   "max_tokens": 16}, separators=(",", ":"))
ANSWER = json.dumps({
    "id": "chatcmpl-bench", "object": "chat.completion", "created": 1795000000, "model": "bench",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "pong"},
                 "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8}}, separators=(",", ":"))


def run_openssl(*arguments, folder):
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise Failure(f"openssl {arguments[0]}: {done.stderr}")


def spread_addresses():
    return [f"127.0.0.{i}" for i in range(FIRST_SPREAD, FIRST_SPREAD + SPREAD)]


def make_certificates(folder):
    """A CA, a usual leaf, and a leaf for the many addresses; returns the CA's file."""
    run_openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
                "ca.pem", "-days", "2", "-subj", "/CN=Bench CA", folder=folder)
    for leaf, addresses in (("leaf", ["127.0.0.1"]), ("spread", spread_addresses())):
        names = ",".join(f"IP:{address}" for address in addresses)
        (folder / f"{leaf}.cnf").write_text(f"subjectAltName=DNS:localhost,{names}\n"
                                            "extendedKeyUsage=serverAuth\n")
        run_openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", f"{leaf}.key", "-out", f"{leaf}.csr", "-subj", "/CN=localhost",
                    folder=folder)
        run_openssl("x509", "-req", "-in", f"{leaf}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                    "-CAcreateserial", "-days", "1", "-extfile", f"{leaf}.cnf", "-out",
                    f"{leaf}.pem", folder=folder)
    return folder / "ca.pem"


def bundle_of(ca_file, size, folder):
    """A bundle of `size` certificates that ends with the CA's."""
    system = pathlib.Path("/etc/ssl/certs/ca-certificates.crt").read_text()
    others = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", system, re.S)
    if len(others) < size - 1:
        raise Failure(f"the system knows {len(others)} authorities, too few for a bundle of {size}")
    bundle = folder / f"bundle-{size}.pem"
    bundle.write_text("".join(others[:size - 1]) + ca_file.read_text())
    return bundle


class Nginx(Process):
    """One worker that answers POST over TLS 1.3, after the delay that the path names."""

    DELAYS = (0.5, 5, 8)

    def __init__(self, folder):
        self.port = free_port()
        delays = "".join(f"location /after-{d}s/ {{ echo_sleep {d}; echo '{ANSWER}'; }}\n"
                         for d in self.DELAYS)
        servers = "".join(
            f"server {{ ssl_certificate {folder}/{leaf}.pem; ssl_certificate_key {folder}/{leaf}.key;"
            + "".join(f"\nlisten {address}:{self.port} ssl backlog=4096;" for address in addresses)
            + f"\nlocation / {{ return 200 '{ANSWER}'; }}\n{delays}}}\n"
            for leaf, addresses in (("leaf", ["127.0.0.1"]), ("spread", spread_addresses())))
        temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = folder / "nginx.conf"
        config.write_text(f"""\
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr error;
{"user root;" if os.geteuid() == 0 else ""}
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
access_log off; default_type application/json; keepalive_timeout 0;
{temporary}
ssl_protocols TLSv1.3; ssl_session_cache off; ssl_session_tickets off;
{servers}}}
""")
        super().__init__(["/usr/sbin/nginx", "-e", "stderr", "-c", config], folder / "nginx.log")
        self.wait_until(lambda: answers(self.port))

    def base_url(self, delay=0, address="127.0.0.1"):
        path = f"after-{delay}s/v1" if delay else "v1"
        return f"https://{address}:{self.port}/{path}"

    def spread_urls(self, delay):
        return [self.base_url(delay, address) for address in spread_addresses()]


class Blackbox(Process):
    """blackbox_exporter with one module that sends the same POST and verifies the
    same certificate, its roots parsed once."""

    def __init__(self, folder, ca_file):
        self.port = free_port()
        config = folder / "blackbox.yml"
        config.write_text(json.dumps({"modules": {"post": {
            "prober": "http", "timeout": "30s",
            "http": {"method": "POST", "body": CALL, "enable_http2": False,
                     "preferred_ip_protocol": "ip4", "valid_status_codes": [200],
                     "headers": {"Content-Type": "application/json",
                                 "Authorization": f"Bearer {KEY}"}}}}}))
        super().__init__(
            ["/usr/bin/prometheus-blackbox-exporter", f"--config.file={config}",
             f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error"],
            folder / "blackbox.log",
            {"SSL_CERT_FILE": str(ca_file), "SSL_CERT_DIR": str(folder / "none")})
        self.wait_until(lambda: answers(self.port))

    def probe_path(self, base_url):
        return f"/probe?module=post&target={base_url}/chat/completions"

    def expect_success(self, base_url):
        url = f"http://127.0.0.1:{self.port}{self.probe_path(base_url)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            if "\nprobe_success 1\n" not in answer.read().decode():
                raise Failure("blackbox_exporter's probes fail")

    def cpu_per_thousand(self, base_url, concurrency, seconds, folder):
        self.expect_success(base_url)
        before = self.cpu_seconds()
        done = run_wrk(f"http://127.0.0.1:{self.port}{self.probe_path(base_url)}", concurrency,
                       seconds, folder)
        used = self.cpu_seconds() - before
        self.expect_success(base_url)
        return used * 1000 / done["requests"]

    def paced(self, base_urls, rate, probes):
        """Asks for `probes` at `rate` a second; what each was said to last."""
        return asyncio.run(self._paced(base_urls, rate, probes))

    async def _paced(self, base_urls, rate, probes):
        loop = asyncio.get_running_loop()
        begun = loop.time()
        tasks = []
        for number in range(probes):
            await asyncio.sleep(max(0, begun + number / rate - loop.time()))
            tasks.append(asyncio.create_task(
                self._probe_once(base_urls[number % len(base_urls)])))
        return await asyncio.gather(*tasks)

    async def _probe_once(self, base_url):
        start = time.time_ns()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {self.probe_path(base_url)} HTTP/1.0\r\n\r\n".encode())
        text = (await reader.read()).decode()
        writer.close()
        if "\nprobe_success 1\n" not in text:
            raise Failure("a probe of blackbox_exporter's failed")
        seconds = float(re.search(r"^probe_duration_seconds (\S+)$", text, re.M)[1])
        return {"url": base_url, "start": start / 1e9, "total": seconds}


def run_wrk(url, concurrency, seconds, folder, script=None):
    """Returns requests and CPU seconds. wrk verifies no certificate."""
    arguments = ["wrk", "-t1", f"-c{concurrency}", f"-d{seconds}s", "--timeout=30s"]
    output = folder / "wrk.log"
    with open(output, "wb") as log:
        child = subprocess.Popen([*arguments, *(["-s", str(script)] if script else []), url],
                                 stdout=log, stderr=log, preexec_fn=end_with_parent)
        try:
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if child.returncode is None:
                child.kill()
                child.wait()
    text = output.read_text()
    done = re.search(r"(\d+) requests in", text)
    if child.returncode != 0 or not done or "Non-2xx" in text or "Socket errors" in text:
        raise Failure(f"wrk: {text}")
    return {"requests": int(done[1]), "cpu": usage.ru_utime + usage.ru_stime}


def wrk_cpu_per_thousand(base_url, concurrency, seconds, folder):
    script = folder / "post.lua"
    script.write_text("\n".join([
        'wrk.method = "POST"', f"wrk.body = '{CALL}'",
        'wrk.headers["Content-Type"] = "application/json"',
        f'wrk.headers["Authorization"] = "Bearer {KEY}"', 'wrk.headers["Connection"] = "close"', ""]))
    done = run_wrk(f"{base_url}/chat/completions", concurrency, seconds, folder, script)
    return done["cpu"] * 1000 / done["requests"]


def run_driver(binaries, ca_file, urls, probes, concurrency=16, rate=0):
    """Our own probes, all of them good; the driver's JSON."""
    at_once = re.sub(r"//[^:]*(:\d+)/.*", r"//127.0.0.1\1/v1", urls[0])
    arguments = [binaries / "heyhi-bench-probes", f"--ca-file={ca_file}", f"--probes={probes}",
                 f"--concurrency={concurrency}", f"--rate={rate}", f"--warm-up-url={at_once}",
                 *(f"--url={url}" for url in urls)]
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, check=False,
                          preexec_fn=end_with_parent)
    if done.returncode != 0:
        raise Failure(done.stderr)
    result = json.loads(done.stdout)
    if result["ok"] != probes:
        raise Failure(f"{probes - result['ok']} of {probes} probes failed: "
                      f"{result['first_failure']}")
    return result
