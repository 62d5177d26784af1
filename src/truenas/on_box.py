# Runs on a TrueNAS as root, once. The first line of stdin is what to do, as JSON; what it says are
# lines of JSON or of the transaction's frame. No password is ever among them, nor in an argv.
#
# A deploy is undone here, by this process, when it is not confirmed, when the connection is lost and
# when anything fails. Its record is that of the files' transactions: /var/lib/upsctl/txn/ID with
# state, number, meta, files and actions; `old.json` (the whole configuration as it was, root only)
# and `task.json` are this program's own.
import fcntl
import json
import os
import signal
import shutil
import sys
import time

STATE = "/var/lib/upsctl"
SERVICE = "ups"
PASSWORD = "monpwd"
# So long a call may take, jobs included: a start waits for its units, five seconds each.
CALL_S = 120
# So long a middleware that went away is waited for before an undo is given up.
BACK_S = 60


class Refused(Exception):
    """What the middleware does not do, in its own words; no value is in them."""

    def __init__(self, text, fields=()):
        super().__init__(text)
        self.fields = set(fields)


def late(*_):
    raise Refused(f"the middleware did not answer in {CALL_S} s")


class Middleware:
    """The middleware's own client: 24.10 and later, or the one before it."""

    def __init__(self, secrets):
        try:
            from truenas_api_client import Client
        except ImportError:
            try:
                from middlewared.client import Client
            except ImportError:
                raise Refused("this is no TrueNAS: it has no client for a middleware") from None
        self.make, self.client, self.secrets = Client, None, [s for s in secrets if s]

    def call(self, method, *params, job=False):
        """A call, awaited; what goes wrong is one line without secrets."""
        signal.signal(signal.SIGALRM, late)
        signal.alarm(CALL_S)
        try:
            if self.client is None:
                self.client = self.make()
            return self.client.call(method, *params, **({"job": True} if job else {}))
        except Refused:
            raise
        except Exception as why:
            # A client that lost its connection is of no use any more.
            self.client = None
            errors = getattr(why, "errors", None) or []
            fields = [str(error[0]).split(".")[-1] for error in errors]
            text = "; ".join(str(why).splitlines()[:4]) or type(why).__name__
            for secret in self.secrets:
                text = text.replace(secret, "***")
            raise Refused(f"{method}: {text}", fields) from None
        finally:
            signal.alarm(0)

    def config(self):
        return self.call("ups.config")

    def service(self):
        return self.call("service.query", [["service", "=", SERVICE]], {"get": True})


def seen(middleware, task, config=None):
    """What a look says: chosen fields, and of the password how it compares."""
    config = config or middleware.config()
    service = middleware.service()
    wanted, have = task.get("password"), config.get(PASSWORD)
    if not have:
        password = "empty"
    elif wanted is None:
        password = "not-compared"
    else:
        password = "same" if have == wanted else "other"
    return {
        "version": middleware.call("system.version"),
        "fields": {name: config[name] for name in task["fields"] if name in config},
        "password": password,
        "state": service["state"],
        "enabled": service["enable"],
        "generated": generated(config),
    }


def generated(config):
    """Whether upsmon.conf has the MONITOR line that the middleware makes of its configuration
    (etc_files/local/nut/upsmon.conf.mako)."""
    user = config["monuser"].replace("#", "\\#").replace("$", "\\$")
    line = "MONITOR {} 1 {} {} {}".format(
        config["complete_identifier"], user, config[PASSWORD], config["mode"]
    )
    try:
        with open("/etc/nut/upsmon.conf") as file:
            return "same" if line in file.read().splitlines() else "other"
    except FileNotFoundError:
        return "absent"
    except OSError:
        return "not-read"


def write(path, text):
    """A file for root alone, whole or not at all, and on disk."""
    with open(path + ".new", "w", opener=lambda p, flags: os.open(p, flags, 0o600)) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)


class Transaction:
    """One deploy: its record, and the way back."""

    def __init__(self, middleware, task):
        self.middleware, self.task = middleware, task
        self.folder = f"{STATE}/txn/{task['id']}"

    def say(self, text):
        # Nobody may be listening any more; that must not stop an undo.
        try:
            print(f"--{self.task['nonce']} {text}", flush=True)
        except OSError:
            pass

    def mark(self, state):
        write(f"{self.folder}/state", state + "\n")

    def begin(self):
        """Refuses when the configuration is not what the plan was made for; else the record."""
        self.old, self.was = self.middleware.config(), self.middleware.service()
        for field, value in self.task["before"].items():
            if self.old.get(field) != value:
                return f"stale {field} of ups.config"
        if [self.was["enable"], self.was["state"]] != self.task["service"]:
            return "stale the state of the service"
        for field, deploy in self.task["kept"].items():
            try:
                with open(f"{STATE}/txn/{deploy}/old.json") as file:
                    self.task["set"][field] = json.load(file)["config"][field]
            except (OSError, ValueError, KeyError):
                return f"refused deploy {deploy} kept no {field}"
        os.makedirs(f"{self.folder}/old", mode=0o700)
        numbers = [0]
        for other in os.listdir(f"{STATE}/txn"):
            try:
                with open(f"{STATE}/txn/{other}/number") as file:
                    numbers.append(int(file.read()))
            except (OSError, ValueError):
                pass
        shown = {name: self.old[name] for name in self.task["fields"] if name in self.old}
        service = [self.was["enable"], self.was["state"]]
        kept = {"deploy": self.task["id"], "fields": shown, "service": service}
        meta = f"holder {self.task['holder']}\nstarted {int(time.time())}\n"
        if self.task.get("undoes"):
            meta += f"undoes {self.task['undoes']}\n"
        actions = "".join(f"{action} {SERVICE}\n" for action in self.task["actions"])
        for name, text in [
            ("number", f"{max(numbers) + 1}\n"),
            ("meta", meta),
            ("files", "settings root:root/600\n"),
            ("actions", actions),
            ("old/settings", json.dumps(kept) + "\n"),
            ("old.json", json.dumps({"config": self.old, "service": service})),
            ("task.json", json.dumps(self.task)),
        ]:
            write(f"{self.folder}/{name}", text)
        self.mark("staged")
        write(f"{STATE}/open", self.task["id"] + "\n")
        return None

    def change(self):
        """Every step in its order, then whether the middleware holds what was asked for."""
        if self.task["set"]:
            self.mark("settings")
            self.middleware.call("ups.update", self.task["set"])
        for step in self.task["calls"]:
            self.middleware.call(step["method"], *step["params"], job=step["job"])
        self.mark("applied")
        now = self.middleware.config()
        for field, value in self.task["set"].items():
            if now.get(field) != value:
                raise Refused(f"{field} did not stay as it was set: somebody else writes too")
        return seen(self.middleware, self.task | {"password": self.task["set"].get(PASSWORD)}, now)

    def verdict(self, state):
        """What the other end makes of it; nothing heard is a no."""
        self.say("state " + json.dumps(state))
        self.say("await")
        signal.signal(signal.SIGALRM, late)
        signal.alarm(self.task["confirm"])
        try:
            word = sys.stdin.readline().strip()
            return word or "the connection was lost before the proof was confirmed"
        except Refused:
            return f"no answer within {self.task['confirm']} s"
        finally:
            signal.alarm(0)

    def undo(self, cause):
        """Puts back what was set, unless somebody else has set it again, and the service."""
        until = time.monotonic() + BACK_S
        while True:
            try:
                left = self.back()
                break
            except Refused as why:
                if time.monotonic() > until:
                    left = [str(why)]
                    break
                time.sleep(2)
        if left:
            self.mark("undo-failed")
            self.say(f"result undo-failed {cause}; not put back: {'; '.join(left)}")
        else:
            self.close("undone")
            self.say(f"result rolled-back {cause}{self.remark}")

    def back(self):
        self.remark = ""
        now, left = self.middleware.config(), []
        old = {}
        for field, value in self.task["set"].items():
            if now.get(field) == self.old[field]:
                continue
            if now.get(field) != value:
                self.remark += f"; {field} was set by somebody else meanwhile and is left so"
            else:
                old[field] = self.old[field]
        try:
            self.restore(old)
        except Refused as why:
            # A box that was never set up has no configuration that may be written again: mode
            # MASTER without a driver, an empty password. With its service off none of it acts.
            fresh = why.fields & {"driver", "port", PASSWORD, "identifier", "monuser"}
            if not fresh or self.was["state"] == "RUNNING":
                raise
            self.remark += (
                f"; TrueNAS does not take its first configuration back ({', '.join(sorted(fresh))}):"
                " the settings stay, and the service is off as before"
            )
        service = self.middleware.service()
        if service["enable"] != self.was["enable"]:
            self.middleware.call("service.update", SERVICE, {"enable": self.was["enable"]})
        if self.was["state"] == "RUNNING" and service["state"] != "RUNNING":
            self.control("start")
        if self.was["state"] == "STOPPED" and service["state"] != "STOPPED":
            self.control("stop")
        service = self.middleware.service()
        if service["state"] != self.was["state"] or service["enable"] != self.was["enable"]:
            left.append(f"the service is {service['state']}, and was {self.was['state']}")
        return left

    def restore(self, old):
        if not old:
            return
        try:
            self.middleware.call("ups.update", old)
        except Refused:
            # A restart that fails comes after the row was saved: what is there counts.
            now = self.middleware.config()
            if any(now.get(field) != value for field, value in old.items()):
                raise

    def control(self, verb):
        step = self.task["control"][verb]
        self.middleware.call(step["method"], *step["params"], job=step["job"])

    def close(self, state):
        self.mark(state)
        os.remove(f"{STATE}/open")

    def prune(self):
        """Drops the oldest records beyond those that are kept. The first stays: it is the state
        before upsctl."""
        numbered = []
        for other in os.listdir(f"{STATE}/txn"):
            try:
                with open(f"{STATE}/txn/{other}/number") as file:
                    numbered.append((int(file.read()), other))
            except (OSError, ValueError):
                pass
        for _, other in sorted(numbered)[1:-self.task["keep"]]:
            shutil.rmtree(f"{STATE}/txn/{other}", ignore_errors=True)

    def run(self):
        refused = self.begin()
        if refused:
            self.say("result " + refused)
            return
        try:
            word = self.verdict(self.change())
        except Refused as why:
            word = str(why)
        if word == "confirm":
            self.close("confirmed")
            self.prune()
            self.say("result confirmed ")
        else:
            self.undo(word)


def apply(task):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.makedirs(f"{STATE}/txn", mode=0o700, exist_ok=True)
    lock = open(f"{STATE}/lock", "a")
    frame = f"--{task['nonce']} result"
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print(frame, "locked", open(f"{STATE}/holder").read().strip())
        return
    write(f"{STATE}/holder", f"{task['holder']} since {time.strftime('%H:%M:%S')}\n")
    if os.path.exists(f"{STATE}/open"):
        print(frame, "unfinished", open(f"{STATE}/open").read().strip())
        return
    middleware = Middleware([task["set"].get(PASSWORD)])
    try:
        Transaction(middleware, task).run()
    except Refused as why:
        print(frame, "refused", why)


def heal(task):
    """Undoes a deploy whose process died, with the box or alone."""
    lock = open(f"{STATE}/lock", "a")
    fcntl.flock(lock, fcntl.LOCK_EX)
    if not os.path.exists(f"{STATE}/open"):
        return
    folder = f"{STATE}/txn/{open(f'{STATE}/open').read().strip()}"
    with open(f"{folder}/task.json") as file:
        old_task = json.load(file)
    with open(f"{folder}/old.json") as file:
        old = json.load(file)
    transaction = Transaction(Middleware([old_task["set"].get(PASSWORD)]), old_task)
    transaction.old = old["config"]
    transaction.was = dict(zip(["enable", "state"], old["service"]))
    transaction.undo("its process died")


def look(task):
    try:
        said = seen(Middleware([task.get("password")]), task)
    except Refused as why:
        said = {"error": str(why)}
    print(json.dumps(said))


if __name__ == "__main__":
    task = json.loads(sys.stdin.readline())
    {"look": look, "apply": apply, "heal": heal}[task["do"]](task)
