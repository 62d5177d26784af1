"""A stand-in for TrueNAS's middleware as a NUT client meets it: the calls, the validation and the
generated files, applied to a real Debian with NUT's real client. README.md says what it was taken
from and what nobody has checked on a box.

`FAKE_TRUENAS_ROOT` is a prefix of every path; under one no unit is touched: what systemd would say
stands in the state.
"""
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.environ.get("FAKE_TRUENAS_ROOT", "")
FOLDER = f"{ROOT}/var/lib/fake-truenas"
NUT = f"{ROOT}/etc/nut"
UNIT = "nut-monitor"

SEED = {
    "powerdown": False, "rmonitor": False, "nocommwarntime": None, "remoteport": 3493,
    "shutdowntimer": 30, "hostsync": 15, "description": "", "driver": "", "extrausers": "",
    "identifier": "ups", "mode": "MASTER", "monpwd": "", "monuser": "upsmon", "options": "",
    "optionsupsd": "", "port": "", "remotehost": "", "shutdown": "BATT", "shutdowncmd": None,
}
KINDS = {
    "powerdown": bool, "rmonitor": bool, "nocommwarntime": (int, None), "remoteport": int,
    "shutdowntimer": int, "hostsync": int, "shutdowncmd": (str, None),
}
DRIVERS = {"usbhid-ups$Smart-UPS (USB)", "dummy-ups$any"}
EINVAL, ENOENT, EACCES, EFAULT, ENOMETHOD, ESTART = 22, 2, 13, 14, 201, 202


class CallError(Exception):
    def __init__(self, text, errno=EFAULT, extra=None):
        super().__init__(text)
        self.errno, self.extra = errno, extra


class ValidationErrors(Exception):
    """(attribute, text, errno) of each."""

    def __init__(self, errors):
        super().__init__("\n".join(f"[EINVAL] {at}: {text}" for at, text, _ in errors))
        self.errors = errors


def run(*words):
    return subprocess.run(words, capture_output=True, text=True).returncode


class Middleware:
    """The state is one file under a lock: every process of the box sees the same."""

    def __init__(self):
        os.makedirs(FOLDER, mode=0o700, exist_ok=True)
        self.lock = open(f"{FOLDER}/lock", "a")

    def __enter__(self):
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        try:
            with open(f"{FOLDER}/state.json") as file:
                self.state = json.load(file)
        except FileNotFoundError:
            self.state = {"version": "TrueNAS-25.04.2.6", "ups": dict(SEED), "enable": False,
                          "running": False, "faults": {}, "jobs": {}, "calls": []}
        return self

    def __exit__(self, *_):
        with open(f"{FOLDER}/state.new", "w") as file:
            json.dump(self.state, file, indent=1)
        os.rename(f"{FOLDER}/state.new", f"{FOLDER}/state.json")
        fcntl.flock(self.lock, fcntl.LOCK_UN)

    # What differs between releases

    @property
    def release(self):
        year, month = re.findall(r"\d+", self.state["version"])[:2]
        return int(year), int(month)

    def name_of_argument(self):
        return "data" if self.release >= (26, 0) else "ups_update"

    # Calls

    def call(self, method, params):
        """A call; a job runs to its end and leaves its id."""
        self.state["calls"].append(method)
        if self.state["faults"].get("daemon"):
            raise CallError("Failed to run middleware call. Daemon not running?")
        if self.state["faults"].get("denied"):
            raise CallError("[EACCES] Not authorized", EACCES)
        methods = {
            "core.ping": lambda: "pong",
            "system.version": lambda: self.state["version"],
            "ups.config": self.config,
            "ups.update": self.update,
            "ups.upssched_event": self.event,
            "service.query": self.query,
            "service.update": self.enable,
        }
        if self.release >= (25, 10):
            methods["service.control"] = self.job
            methods["core.get_jobs"] = self.jobs
        if self.release < (26, 0):
            for verb in ["start", "stop", "restart"]:
                methods[f"service.{verb}"] = lambda *words, verb=verb: self.control(verb, *words)
        if method not in methods:
            text = f"Method '{method.split('.')[1]}' not found in '{method.split('.')[0]}'"
            raise CallError(text if self.release < (25, 4) else "Method does not exist", ENOMETHOD)
        return methods[method](*params)

    def config(self):
        ups = self.state["ups"]
        host = "localhost" if ups["mode"] == "MASTER" else ups["remotehost"]
        name = f"{ups['identifier']}@{host}:{ups['remoteport']}"
        return {"id": 1, **ups, "complete_identifier": name}

    def update(self, data):
        errors = self.schema(data) or self.rules({**self.state["ups"], **data})
        if errors:
            prefix = self.name_of_argument()
            raise ValidationErrors([(f"{prefix}.{at}", text, EINVAL) for at, text in errors])
        faults = self.state["faults"]
        if faults.get("update"):
            raise CallError(faults["update"])
        new = {**self.state["ups"], **data}
        changed = new != self.state["ups"]
        self.state["ups"] = new
        for field, value in faults.pop("another_writer", {}).items():
            self.state["ups"][field] = value
        if changed and self.running() and not self.restart():
            raise CallError(f"[ESERVICESTARTFAILURE] The {'ups'} service failed to start", ESTART, ["ups"])
        return self.config()

    def schema(self, data):
        """All errors of the schema, in the words of the release."""
        new, found = self.release >= (25, 10), []
        for field, value in data.items():
            if field not in SEED:
                found.append((field, "Extra inputs are not permitted" if new else "Field was not expected"))
                continue
            kinds = KINDS.get(field, str)
            kind, nullable = kinds if isinstance(kinds, tuple) else (kinds, False)
            if value is None:
                if nullable is False:
                    found.append((field, "Input should be a valid string" if new else "null not allowed"))
            elif type(value) is not kind:
                names = {int: "integer", str: "string", bool: "boolean"}
                old = {int: "Not an integer", str: "Not a string", bool: "Not a boolean"}
                found.append((field, f"Input should be a valid {names[kind]}" if new else old[kind]))
            elif field == "mode" and value not in ("MASTER", "SLAVE"):
                found.append((field, "Input should be 'MASTER' or 'SLAVE'" if new else f"Invalid choice: {value}"))
            elif field == "shutdown" and value not in ("BATT", "LOWBATT"):
                found.append((field, "Input should be 'LOWBATT' or 'BATT'" if new else f"Invalid choice: {value}"))
            elif field == "remoteport" and not 1 <= value <= 65535:
                word = "greater than or equal to 1" if value < 1 else "less than or equal to 65535"
                found.append((field, f"Input should be {word}" if new else "Should be between 1 and 65535"))
            elif field in ("identifier", "monuser", "monpwd") and value == "":
                found.append((field, "String should have at least 1 character" if new else "Empty value not allowed"))
        return found

    def rules(self, ups):
        """The plugin's own checks, in its order."""
        found = []
        if ups["driver"] and ups["driver"] not in DRIVERS:
            found.append(("driver", "Driver selected does not match local machine's driver list"))
        if not re.search(r"^[a-z0-9\.\-_]+$", ups["identifier"], re.I):
            found.append(("identifier", 'Use alphanumeric characters, ".", "-" and "_"'))
        for field in ["monpwd", "monuser"]:
            if re.search(r"[ #]", ups[field]):
                found.append((field, "Spaces or number signs are not allowed."))
        if ups["mode"] == "MASTER":
            found += [(field, "This field is required") for field in ["port", "driver"] if not ups[field]]
        elif not ups["remotehost"]:
            found.append(("remotehost", "This field is required"))
        return found

    # The service

    def running(self):
        if ROOT:
            return self.state["running"]
        return run("systemctl", "is-active", "--quiet", UNIT) == 0

    def query(self, filters, options):
        state = "RUNNING" if self.running() else "STOPPED"
        return {"id": 14, "service": "ups", "enable": self.state["enable"], "state": state, "pids": []}

    def enable(self, service, data):
        self.state["enable"] = data.get("enable", False)
        if not ROOT:
            run("systemctl", "enable" if self.state["enable"] else "disable", UNIT, "nut.target")
        return 14

    def control(self, verb, service, options=None):
        if service != "ups":
            raise CallError(f"Service {service} not found.", ENOENT)
        silent = (options or {}).get("silent", True)
        if verb == "stop":
            self.stop()
            return self.release >= (25, 4)
        done = self.start() if verb == "start" else self.restart()
        if not done and verb == "start" and not silent:
            raise CallError("upsmon: Fatal error: unable to start")
        return done

    def job(self, verb, service, options=None):
        number = max(map(int, self.state["jobs"] or ["0"])) + 1
        job = {"id": number, "state": "SUCCESS", "result": None, "error": None}
        try:
            if self.state["faults"].get("job"):
                raise CallError(self.state["faults"]["job"])
            job["result"] = self.control(verb.lower(), service, options)
        except CallError as why:
            job.update(state="FAILED", error=str(why))
        self.state["jobs"][str(number)] = job
        return number

    def jobs(self, filters, options=None):
        return [job for job in self.state["jobs"].values() if job["id"] == filters[0][2]]

    def stop(self):
        self.state["running"] = False
        if not ROOT:
            run("systemctl", "stop", UNIT)

    def restart(self):
        self.stop()
        return self.start()

    def start(self):
        self.generate()
        ups, faults = self.state["ups"], self.state["faults"]
        # A value of a field with which it does not start.
        if any(ups[field] == value for field, value in faults.get("start", {}).items()):
            return False
        self.state["running"] = True
        if ROOT:
            return True
        run("systemctl", "reset-failed", UNIT)
        run("systemctl", "start", UNIT)
        until = time.monotonic() + 5
        while not self.running() and time.monotonic() < until:
            time.sleep(0.1)
        return self.running()

    def generate(self):
        """What a client's files are made of; those of a server are taken away again."""
        ups, name = self.state["ups"], self.config()["complete_identifier"]
        user = re.sub(r"([#$])", r"\\\1", ups["monuser"])
        command = ups["shutdowncmd"] or "/sbin/shutdown -P now"
        events = "ONBATT LOWBATT ONLINE COMMBAD COMMOK REPLBATT NOCOMM FSD SHUTDOWN".split()
        upsmon = [f"MONITOR {name} 1 {user} {ups['monpwd']} {ups['mode']}", "NOTIFYCMD /usr/sbin/upssched"]
        upsmon += [f"NOTIFYFLAG {event} SYSLOG+EXEC" for event in events]
        upsmon.append(f'SHUTDOWNCMD "{command}"')
        if ups["powerdown"]:
            upsmon.append("POWERDOWNFLAG /etc/killpower")
        upsmon.append(f"HOSTSYNC {ups['hostsync']}")
        if ups["nocommwarntime"]:
            upsmon.append(f"NOCOMMWARNTIME {ups['nocommwarntime']}")
        sched = ['CMDSCRIPT "/usr/bin/sudo /usr/local/bin/custom-upssched-cmd"',
                 "PIPEFN /var/run/nut/private/upssched.pipe", "LOCKFN /var/run/nut/private/upssched.lock",
                 "AT COMMBAD * START-TIMER NOTIFY-COMMBAD 10", "AT COMMOK * CANCEL-TIMER NOTIFY-COMMBAD COMMOK"]
        sched += [f"AT {event} * EXECUTE NOTIFY-{event}" for event in events if not event.startswith("COMM")]
        if ups["shutdown"] == "BATT":
            sched += [f"AT ONBATT * START-TIMER SHUTDOWN {ups['shutdowntimer']}", "AT ONLINE * CANCEL-TIMER SHUTDOWN"]
        else:
            sched.append("AT LOWBATT * EXECUTE SHUTDOWN")
        shutil.rmtree(NUT, ignore_errors=True)
        os.makedirs(NUT)
        mode = "netclient" if ups["mode"] == "SLAVE" else "netserver"
        files = {"nut.conf": [f"MODE={mode}"], "upsmon.conf": upsmon, "upssched.conf": sched}
        for file, lines in files.items():
            with open(f"{NUT}/{file}", "w") as out:
                out.write("\n".join(lines) + "\n")
            os.chmod(f"{NUT}/{file}", 0o440)
            if not ROOT:
                shutil.chown(f"{NUT}/{file}", "root", "nut")
        if not ROOT:
            os.makedirs("/run/nut/private", exist_ok=True)
            shutil.chown("/run/nut/private", "root", "nut")
            os.chmod("/run/nut/private", 0o770)

    def event(self, what):
        """What upssched reports: at `shutdown` the box sets the forced shutdown of its own accord,
        unless the UPS is on mains."""
        if what.lower() != "shutdown":
            return None
        said = subprocess.run(["upsc", self.config()["complete_identifier"]], capture_output=True, text=True).stdout
        status = re.findall(r"ups.status: (.*)", said)
        if not (status and "ol" in status[0].lower()):
            run("upsmon", "-c", "fsd")
        return None


if __name__ == "__main__":
    with Middleware() as middleware:
        words = sys.argv[sys.argv.index("call") + 1:]
        print(json.dumps(middleware.call(words[0], [w if w[0] not in '[{"' else json.loads(w) for w in words[1:]])))
