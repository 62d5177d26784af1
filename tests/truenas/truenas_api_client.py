"""The client's face (api_client 24.10 to 26), with the stand-in behind it in place of a socket."""
import sys

sys.path.insert(0, "/usr/local/lib/fake-truenas")
import middleware  # noqa: E402


class ClientException(Exception):
    def __init__(self, error, errno=None, trace=None, extra=None):
        super().__init__(error)
        self.error, self.errno, self.trace, self.extra = error, errno, trace, extra


class ValidationErrors(ClientException):
    def __init__(self, errors):
        self.errors = errors
        super().__init__("\n".join(f"[EINVAL] {at}: {text}" for at, text, _ in errors))


class Client:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def call(self, method, *params, job=False):
        try:
            with middleware.Middleware() as behind:
                result = behind.call(method, list(params))
                if not job:
                    return result
                done = behind.jobs([["id", "=", result]])[0]
        except middleware.ValidationErrors as why:
            raise ValidationErrors(why.errors) from None
        except middleware.CallError as why:
            raise ClientException(str(why), why.errno, None, why.extra) from None
        if done["state"] != "SUCCESS":
            raise ClientException(done["error"])
        return done["result"]
