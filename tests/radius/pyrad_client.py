"""Life cycles of sessions by pyrad: pyrad_client.py PORT SECRET SESSIONS PREFIX. Prints how many were answered. The
numbers are those of life_cycles.py."""
import io
import sys

from pyrad import packet
from pyrad.client import Client
from pyrad.dictionary import Dictionary

DICTIONARY = """
ATTRIBUTE User-Name 1 string
ATTRIBUTE NAS-IP-Address 4 ipaddr
ATTRIBUTE Acct-Status-Type 40 integer
ATTRIBUTE Acct-Delay-Time 41 integer
ATTRIBUTE Acct-Input-Octets 42 integer
ATTRIBUTE Acct-Output-Octets 43 integer
ATTRIBUTE Acct-Session-Id 44 string
ATTRIBUTE Acct-Session-Time 46 integer
ATTRIBUTE Acct-Input-Packets 47 integer
ATTRIBUTE Acct-Output-Packets 48 integer
ATTRIBUTE Acct-Output-Gigawords 53 integer
VALUE Acct-Status-Type Start 1
VALUE Acct-Status-Type Stop 2
VALUE Acct-Status-Type Interim-Update 3
"""


def request(client, session, step, prefix):
    made = client.CreateAcctPacket()
    made["User-Name"] = f"user-{session % 100}"
    made["NAS-IP-Address"] = f"10.0.0.{1 + session % 16}"
    made["Acct-Session-Id"] = f"{prefix}{session}"
    made["Acct-Status-Type"] = ("Start", "Interim-Update", "Stop")[step]
    if step > 0:
        made["Acct-Session-Time"] = 60 * step
        made["Acct-Input-Octets"] = 1000 * step + session
        made["Acct-Output-Octets"] = 7 * session
        made["Acct-Output-Gigawords"] = step
        made["Acct-Input-Packets"] = 10 * step
        made["Acct-Output-Packets"] = session
    return made


def main():
    port, secret, sessions, prefix = sys.argv[1:]
    client = Client(server="127.0.0.1", acctport=int(port), secret=secret.encode(), dict=Dictionary(io.StringIO(DICTIONARY)))
    client.retries, client.timeout = 15, 2
    answered = 0
    for session in range(int(sessions)):
        for step in range(3):
            reply = client.SendPacket(request(client, session, step, prefix))
            answered += reply.code == packet.AccountingResponse
    print(answered)


main()
