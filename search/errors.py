"""Every error that reaches a person, in one small tree.

TresenError
├── BadInput                  the caller can mend it
│   ├── BadRequest            400  a parameter or a body that cannot be read
│   │   ├── BadFilter         400  a filter that does not parse
│   │   └── UnknownField      400  a field that the catalogue does not have
│   ├── TooLarge              413  a body over the limit
│   ├── Forbidden             403  an edit that another site's page asked a browser for
│   ├── BadFeed               422  a feed that cannot be imported as a whole
│   └── BadSettings           400  a setting that does not fit (command line: exit code 1)
├── NotFound                  404  no such product, profile or page
├── TooBusy                   429  more work than the queue holds; carries Retry-After
│   └── TooManyChanges        429  more changes of products than memory is for, until they are merged
├── BadSnapshot               500  files on disk that do not match their manifest
├── MissingModel              500  the encoder's files are not installed
└── StoreUnavailable          507  the state cannot be written

Each class has an HTTP status, a stable code and a title; the instance carries a sentence that tells
the reader what to do next. `search.api.problems` turns all of them into `application/problem+json`.
"""


class TresenError(Exception):
    """An error with a message for people. `place` names the line, field or parameter."""

    status = 500
    code = "error"
    title = "Something went wrong"

    def __init__(self, message: str, place: str | None = None):
        super().__init__(message)
        self.message = message
        self.place = place


class BadInput(TresenError):
    """The caller can mend it."""

    status = 400
    code = "bad_input"
    title = "The input cannot be used"


class BadRequest(BadInput):
    """A parameter or body that cannot be read."""

    code = "bad_request"
    title = "The request cannot be read"


class BadFilter(BadRequest):
    """A filter that does not parse."""

    code = "bad_filter"
    title = "The filter cannot be read"


class UnknownField(BadRequest):
    """A field that the catalogue does not have."""

    code = "unknown_field"
    title = "The catalogue has no such field"


class TooLarge(BadInput):
    """A body over the limit."""

    status = 413
    code = "too_large"
    title = "The body is too large"


class Forbidden(BadInput):
    """Nobody who may ask for it asked."""

    status = 403
    code = "forbidden"
    title = "Not allowed"


class BadFeed(BadInput):
    """A feed that cannot be imported as a whole."""

    status = 422
    code = "bad_feed"
    title = "The feed cannot be imported"


class BadSettings(BadInput):
    """A setting that does not fit."""

    code = "bad_settings"
    title = "A setting does not fit"


class NotFound(TresenError):
    """No such product, profile, page or snapshot."""

    status = 404
    code = "not_found"
    title = "Not found"


class TooBusy(TresenError):
    """More work than the queue holds. 429 and not 503: search clients in browsers retry 5xx."""

    status = 429
    code = "too_busy"
    title = "Too busy"
    retry_after_s = 1


class TooManyChanges(TooBusy):
    """More changes of products than the memory is for; the next generation of the index is being built."""

    code = "too_many_changes"
    title = "Too many changes at once"
    retry_after_s = 10


class BadSnapshot(TresenError):
    """Files on disk that do not match their manifest."""

    code = "bad_snapshot"
    title = "The index cannot be read"


class MissingModel(TresenError):
    """The encoder's files are not installed or are not the expected ones."""

    code = "missing_model"
    title = "The encoder cannot be loaded"


class StoreUnavailable(TresenError):
    """The state cannot be written; reads go on."""

    status = 507
    code = "store_unavailable"
    title = "The state cannot be written"
