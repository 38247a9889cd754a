"""Debian's own programs, each with a load of a second or two: what it runs, and what of its output must not change.

A case is a function (hotline, folder) -> what the user sees, to be compared between two runs. `hotline` is what stands in front of the
command, [] for the plain run."""
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from hotline_run import target, without_messages
from programs import PATH, require

ENVIRONMENT = dict(os.environ, PATH=PATH, LC_ALL="C", NO_AT_BRIDGE="1")
HANG_GUARD_S = 240


def own_lines(text):
    return without_messages(text).splitlines()


def run(hotline, *command, folder=None):
    done = subprocess.run([*hotline, *command], capture_output=True, env=ENVIRONMENT, stdin=subprocess.DEVNULL, timeout=HANG_GUARD_S,
                          check=False, cwd=folder)
    return (done.returncode, hashlib.sha256(done.stdout).hexdigest(), done.stdout[-300:], own_lines(done.stderr.decode()))


def wait_until(condition, what):
    end = time.monotonic() + HANG_GUARD_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.01)


def redis(hotline, folder):
    """Under redis-benchmark, with a snapshot (a fork) on the way."""
    require("redis-server", "redis-cli", "redis-benchmark")
    path = os.path.join(folder, "redis.sock")

    def ask(*words):
        return subprocess.run(["redis-cli", "-s", path, *words], capture_output=True, text=True, env=ENVIRONMENT, timeout=HANG_GUARD_S,
                              check=False).stdout.strip()

    server = subprocess.Popen([*hotline, "redis-server", "--port", "0", "--unixsocket", path, "--dir", folder, "--save", "", "--busy-reply-threshold", "60000",
                               "--loglevel", "warning"], env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: server.poll() is not None or ask("ping") == "PONG", "redis-server")
        ask("eval", "for i = 1, 200000 do redis.call('set', 'key:' .. i, 'value:' .. i) end", "0")
        seen = [ask("bgsave")]
        benchmark = subprocess.run(["redis-benchmark", "-s", path, "-n", "60000", "-q", "-t", "set,get,lpush,zadd"], env=ENVIRONMENT,
                                   capture_output=True, text=True, timeout=HANG_GUARD_S, check=False)
        wait_until(lambda: "rdb_bgsave_in_progress:0" in ask("info", "persistence"), "the snapshot")
        seen += [benchmark.returncode, benchmark.stderr, "rdb_last_bgsave_status:ok" in ask("info", "persistence"), ask("dbsize"),
                 ask("get", "key:77"), ask("llen", "mylist"), os.path.getsize(os.path.join(folder, "dump.rdb")) > 3000000]
        ask("shutdown", "nosave")
        out, err = server.communicate(timeout=HANG_GUARD_S)
    finally:
        if server.poll() is None:
            server.terminate()
            server.wait()
    # Its log: the time and the process's number go, the words stay.
    return [*seen, server.returncode, re.sub(r"(?m)^\d+:\S+ .*?\d\d:\d\d:\d\d\.\d+ |pid=\d+", "", out), own_lines(err)]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def nginx(hotline, folder):
    """A master and two workers with dropped privileges, under wrk."""
    require("nginx", "wrk")
    port = free_port()
    os.chmod(folder, 0o755)
    with open(os.path.join(folder, "page.html"), "w", encoding="ascii") as file:
        file.write("<p>%s</p>\n" % " ".join(str(i) for i in range(20000)))
    with open(os.path.join(folder, "nginx.conf"), "w", encoding="ascii") as file:
        file.write("daemon off; pid %(at)s/pid; error_log stderr error; worker_processes 2; %(user)s\nevents { worker_connections 256; }\n"
                   "http { access_log off; gzip on; root %(at)s; %(temporary)s\n"
                   "server { listen 127.0.0.1:%(port)d; } }\n"
                   % {"at": folder, "port": port, "user": "user nobody nogroup;" if os.geteuid() == 0 else "",
                      "temporary": " ".join("%s_temp_path %s/%s;" % (name, folder, name)
                                            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))})
    server = subprocess.Popen([*hotline, "nginx", "-p", folder, "-e", "stderr", "-c", os.path.join(folder, "nginx.conf")],
                              env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def page():
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/page.html" % port, timeout=HANG_GUARD_S) as reply:
                return hashlib.sha256(reply.read()).hexdigest()
        except OSError:
            return None

    try:
        wait_until(lambda: server.poll() is not None or page(), "nginx")
        load = subprocess.run(["wrk", "-t", "2", "-c", "16", "-d", "2", "-H", "Accept-Encoding: gzip", "http://127.0.0.1:%d/page.html" % port],
                              capture_output=True, text=True, env=ENVIRONMENT, timeout=HANG_GUARD_S, check=False)
        seen = [page(), load.returncode, [line for line in load.stdout.splitlines() if "errors" in line or "Non-2xx" in line]]
        server.send_signal(signal.SIGQUIT)
        out, err = server.communicate(timeout=HANG_GUARD_S)
    finally:
        if server.poll() is None:
            server.terminate()
            server.wait()
    return [*seen, server.returncode, out, own_lines(err)]


def sqlite(hotline, folder):
    require("sqlite3")
    script = ("create table t(a integer primary key, b text, c real);"
              "with recursive n(i) as (select 1 union all select i + 1 from n where i < 250000)"
              " insert into t select i, hex(i * 7919 % 65536), i * 0.5 from n; create index x on t(b, c);"
              "select count(*), sum(c), min(b), max(b) from t; select b, count(*) from t group by b order by 2 desc, 1 limit 5;"
              "delete from t where a % 3 = 0; vacuum; select count(*), total(a) from t;")
    return run(hotline, "sqlite3", os.path.join(folder, "t.db"), script)


def python(hotline, _):
    script = ("import threading, subprocess, sys, hashlib\n"
              "def work(n):\n    h = hashlib.sha256()\n    for i in range(60000): h.update(b'%d' % (i * n))\n    sums[n] = h.hexdigest()\n"
              "sums = {}\nt = [threading.Thread(target=work, args=(n,)) for n in range(6)]\n[x.start() for x in t]; [x.join() for x in t]\n"
              "print(sorted(sums.items()))\n"
              "for n in range(20): print(subprocess.run(['sort', '-rn'], input='1\\n3\\n%d\\n' % n, text=True, capture_output=True).stdout)\n"
              "print(subprocess.run('exit 3', shell=True).returncode, file=sys.stderr)\nsys.exit(5)\n")
    return run(hotline, "/usr/bin/python3", "-c", script)


def openssl(hotline, folder):
    require("openssl")
    with open(os.path.join(folder, "data"), "wb") as file:
        file.write(b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(150000)))
    return [run(hotline, "openssl", "dgst", "-sha3-256", "data", folder=folder),
            run(hotline, "openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-iter", "300000", "-S", "0011223344556677", "-pass", "pass:x", "-in", "data",
                folder=folder)]


def openssl_speed(hotline, _):
    require("openssl")
    done = subprocess.run([*hotline, "openssl", "speed", "-seconds", "1", "-bytes", "1024", "sha256", "ecdsap256"], capture_output=True,
                          text=True, env=ENVIRONMENT, timeout=HANG_GUARD_S, check=False)

    def shape(lines):
        return [re.sub(r"[\d.]+", "#", re.sub(r"\s+", " ", line)) for line in lines]

    return [done.returncode, shape(done.stdout.splitlines()), shape(own_lines(done.stderr))]


def xz(hotline, _):
    require("xz")
    return run(hotline, "sh", "-c", "head -c 3000000 %s | xz -T2 -3 --block-size=800000 | xz -dc | sha256sum"
               % sys.executable)


def zstd(hotline, _):
    require("zstd")
    return run(hotline, "sh", "-c", "head -c 5000000 %s | zstd -q -T2 -12 | zstd -dc | sha256sum" % sys.executable)


def imagemagick(hotline, folder):
    require("convert-im6.q16")
    path = os.path.join(folder, "x.png")
    seen = run(hotline, "convert-im6.q16", "-seed", "7", "-size", "500x400", "plasma:", "-resize", "150%", "-blur", "0x2", "-depth", "8",
                "+set", "date:create", "+set", "date:modify", "-define", "png:exclude-chunks=date,time", path)
    with open(path, "rb") as file:
        return [seen, hashlib.sha256(file.read()).hexdigest()]


def pipeline(hotline, _):
    """400 processes."""
    return run(hotline, "sh", "-c", "seq 20000" + " | cat" * 398 + " | sha256sum; exit 4")


def forks(hotline, _):
    return run(hotline, target("storm"), "forks", "10000")


def threads(hotline, _):
    return run(hotline, target("storm"), "threads", "100000")


CASES = [redis, nginx, sqlite, python, openssl, openssl_speed, xz, zstd, imagemagick, pipeline, forks, threads]
