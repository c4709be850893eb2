"""Accounting servers to be measured: quipu-radiusd, and FreeRADIUS of Debian, which stores nothing or in PostgreSQL.

Each is started on a port of its own of the loopback interface, with all of its files in a temporary folder.
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

SECRET = "testing123"
TICKS = os.sysconf("SC_CLK_TCK")
FREERADIUS = pathlib.Path("/etc/freeradius/3.0")


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stat(pid):
    """The fields of /proc/PID/stat behind the name, which may contain anything; none if the process is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def family(pid):
    """A process and its children, theirs too."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        fields = stat(entry.name) if entry.name.isdigit() else None
        if fields:
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, fresh = [], [pid]
    while fresh:
        found += fresh
        fresh = [child for parent in fresh for child in parents.get(parent, [])]
    return found


def cpu_seconds(pid):
    """What processors worked for a process, its children, and those children that have ended."""
    total = 0
    for member in family(pid):
        fields = stat(member)
        if fields:
            total += sum(int(fields[at]) for at in (11, 12, 13, 14))
    return total / TICKS


class Server:
    """A server that runs; the files are gone when it is stopped."""

    name = ""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / self.name
        self.folder.mkdir(parents=True)
        self.port = free_port()
        self.processes = []

    def spawn(self, command, **more):
        out = open(self.folder / "out", "ab")
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, **more)
        self.processes.append(process)
        return process

    def cpu_seconds(self):
        return sum(cpu_seconds(process.pid) for process in self.processes)

    def memory(self):
        """Bytes in memory and open descriptors of the first process."""
        pid = self.processes[0].pid
        fields = pathlib.Path(f"/proc/{pid}/statm").read_text().split()
        descriptors = len(os.listdir(f"/proc/{pid}/fd"))
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE"), descriptors

    def drops(self):
        """Datagrams that the kernel had no room for."""
        wanted, total = f":{self.port:04X}", 0
        for table in ("/proc/net/udp", "/proc/net/udp6"):
            for line in pathlib.Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[1].endswith(wanted):
                    total += int(fields[-1])
        return total

    def words(self):
        return (self.folder / "out").read_text(errors="replace")[-2000:]

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(self.end_signal(process))
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []
        shutil.rmtree(self.folder, ignore_errors=True)

    def end_signal(self, process):
        return signal.SIGTERM


class Quipu(Server):
    """quipu-radiusd."""

    program = None

    def __init__(self, folder, level, options="", log_options=""):
        self.name = f"quipu-{level}"
        super().__init__(folder)
        self.table = f"bench-radius-{os.getpid()}"
        config = self.folder / "quipu-radiusd.toml"
        (self.folder / "log").mkdir()
        config.write_text(
            f'listen = ["127.0.0.1:{self.port}"]\nlevel = "{level}"\n{options}\n'
            f'[log]\nfolder = "{self.folder}/log"\n{log_options}\n'
            f'[table]\nname = "{self.table}"\nduplicates = "{self.table}-duplicates"\n'
            f'[[client]]\nname = "edge"\naddress = "127.0.0.0/8"\nsecret = "{SECRET}"\n'
        )
        self.spawn([self.program, "--config", str(config)])

    def log_files(self):
        """Segments, those that wait to be used again too."""
        return sum(1 for path in (self.folder / "log").rglob("*") if path.is_file())

    def log_octets(self):
        sizes = []
        for path in (self.folder / "log").rglob("*"):
            try:
                sizes.append(path.stat().st_blocks * 512)
            except FileNotFoundError:
                # It was given another name just now.
                pass
        return sum(sizes)

    def stop(self):
        super().stop()
        for path in pathlib.Path("/dev/shm").glob(f"{self.table}*"):
            path.unlink(missing_ok=True)


RADIUSD = """
prefix = /usr
sysconfdir = /etc
name = freeradius
logdir = {folder}
run_dir = {folder}
raddbdir = {folder}
modconfdir = /etc/freeradius/3.0/mods-config
libdir = /usr/lib/freeradius
max_request_time = 30
cleanup_delay = 5
max_requests = 65536
hostname_lookups = no
log {{
    destination = files
    file = {folder}/log
}}
security {{
    allow_core_dumps = no
}}
thread pool {{
    start_servers = 5
    max_servers = 32
    min_spare_servers = 3
    max_spare_servers = 10
    max_requests_per_server = 0
}}
client loopback {{
    ipaddr = 127.0.0.1
    secret = {secret}
}}
modules {{
    always ok {{
        rcode = ok
    }}
    {modules}
}}
policy {{
    {policy}
}}
server default {{
    listen {{
        type = acct
        ipaddr = 127.0.0.1
        port = {port}
        recv_buff = 67108864
    }}
    preacct {{
        {preacct}
    }}
    accounting {{
        {accounting}
    }}
}}
"""


class FreeRadius(Server):
    """FreeRADIUS that answers and stores nothing: the least that it can do."""

    name = "freeradius"
    parts = {"modules": "", "policy": "", "preacct": "", "accounting": "ok"}

    def __init__(self, folder):
        super().__init__(folder)
        self.start()

    def start(self):
        text = RADIUSD.format(folder=self.folder, secret=SECRET, port=self.port, **self.parts)
        (self.folder / "radiusd.conf").write_text(text)
        dictionary = "/usr/share/freeradius"
        command = ["freeradius", "-f", "-d", str(self.folder), "-D", dictionary, "-n", "radiusd"]
        self.spawn(command)


class FreeRadiusSql(FreeRadius):
    """FreeRADIUS with PostgreSQL, which waits for the disk at each commit; schema and queries of the package."""

    name = "freeradius-postgresql"
    parts = {
        "modules": """expr {
    }
    sql {
        dialect = postgresql
        driver = rlm_sql_postgresql
        server = "FOLDER"
        port = 5432
        login = postgres
        radius_db = radius
        acct_table1 = radacct
        acct_table2 = radacct
        postauth_table = radpostauth
        authcheck_table = radcheck
        groupcheck_table = radgroupcheck
        authreply_table = radreply
        groupreply_table = radgroupreply
        usergroup_table = radusergroup
        client_table = nas
        group_attribute = SQL-Group
        delete_stale_sessions = yes
        pool {
            start = 5
            min = 3
            max = 32
            spare = 10
            uses = 0
            retry_delay = 30
            lifetime = 0
            idle_timeout = 60
        }
        $INCLUDE /etc/freeradius/3.0/mods-config/sql/main/postgresql/queries.conf
    }""",
        "policy": "$INCLUDE /etc/freeradius/3.0/policy.d/accounting",
        "preacct": "acct_unique",
        "accounting": "sql",
    }

    def start(self):
        binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        data = self.folder / "data"
        data.mkdir()
        shutil.chown(data, "postgres", "postgres")
        shutil.chown(self.folder, "postgres", "postgres")
        as_postgres = ["runuser", "-u", "postgres", "--"]
        quiet = {"stdout": subprocess.DEVNULL, "check": True, "cwd": "/"}
        subprocess.run(as_postgres + [binaries / "initdb", "-D", data, "-A", "trust"], **quiet)
        # Not runuser: it would stay between, and not pass on the signal to end.
        self.spawn(
            [binaries / "postgres", "-D", data, "-c", "listen_addresses=", "-k", self.folder],
            user="postgres",
            group="postgres",
            extra_groups=[],
            cwd="/",
        )
        psql = as_postgres + ["psql", "-q", "-h", self.folder, "-v", "ON_ERROR_STOP=1"]
        for _ in range(100):
            if subprocess.run(psql + ["-c", "CREATE DATABASE radius"], stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.1)
        schema = FREERADIUS / "mods-config/sql/main/postgresql/schema.sql"
        with open(schema) as text:
            subprocess.run(psql + ["-d", "radius"], stdin=text, **quiet)
        modules = self.parts["modules"].replace("FOLDER", str(self.folder))
        self.parts = {**self.parts, "modules": modules}
        super().start()

    def rows(self):
        """How many sessions the database knows."""
        command = ["psql", "-h", str(self.folder), "-U", "postgres", "-d", "radius", "-At", "-c"]
        return int(subprocess.check_output(command + ["SELECT count(*) FROM radacct"]))

    def end_signal(self, process):
        # The fast way of PostgreSQL: it does not wait for clients.
        return signal.SIGINT if "postgres" in str(process.args[0]) else signal.SIGTERM
