"""Records what goes over the loopback, and has tshark check it: an implementation of RADIUS that is not ours."""
import os
import subprocess
import time

from support import packet as p


class Capture:
    """The packets of one UDP port while it is open."""

    def __init__(self, folder, port, interface="lo"):
        self.port = port
        self.file = os.path.join(folder, f"capture-{port}.pcapng")
        command = ["dumpcap", "-q", "-i", interface, "-B", "64", "-f", f"udp port {port}", "-w", self.file]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        # It says where it writes when it has begun.
        lines = []
        for line in self.process.stderr:
            lines.append(line)
            if line.startswith("File:"):
                return
        raise AssertionError(f"dumpcap does not work here: {''.join(lines)}")

    def close(self):
        """Ends the recording, when nothing more comes: what is in the kernel's hands at the end would be lost."""
        size = -1
        while self.process.poll() is None and size != (size := os.path.getsize(self.file)):
            time.sleep(0.7)
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
            self.process.stderr.close()

    def fields(self, condition, *names, secret=p.SECRET):
        """Fields of the packets for which a condition of tshark holds. In one pass (without -2) it judges no packet before the first response."""
        command = ["tshark", "-2", "-r", self.file, "-d", f"udp.port=={self.port},radius", "-o",
                   f"radius.shared_secret:{secret.decode()}", "-o", "radius.validate_authenticator:TRUE",
                   "-Y", condition, "-T", "fields"]
        for name in names:
            command += ["-e", name]
        result = subprocess.run(command, capture_output=True, text=True, check=True)
        return [line.split("\t") for line in result.stdout.splitlines()]

    def check(self, secret=p.SECRET, all_answered=True):
        """Every authenticator is valid, and every request has a response. Returns how many there are of both."""
        names = ("frame.number", "radius.code", "radius.id", "udp.srcport", "udp.dstport", "radius.authenticator",
                 "radius.authenticator.valid", "radius.authenticator.invalid")
        requests, responses, newest, unanswered = 0, 0, {}, {}
        for frame, code, identifier, source, target, authenticator, valid, invalid in self.fields("radius", *names, secret=secret):
            assert invalid not in ("1", "True"), f"tshark: frame {frame} has a wrong authenticator"
            if code == str(p.ACCOUNTING_REQUEST):
                # It does not judge those of Status-Server, which are random.
                assert valid in ("1", "True"), f"tshark did not judge frame {frame}"
                requests += 1
                newest[source, identifier] = authenticator
                unanswered[source, identifier, authenticator] = frame
            elif code == str(p.ACCOUNTING_RESPONSE):
                responses += 1
                unanswered.pop((target, identifier, newest.get((target, identifier))), None)
        assert requests, "tshark saw no request"
        frames = sorted(map(int, unanswered.values()))
        assert not (all_answered and frames), f"tshark: {len(frames)} requests without a response: frames {frames[:20]}"
        return requests, responses
