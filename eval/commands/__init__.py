"""One file a command of `tresen-eval`: options in, a document of `eval.documents` out, shown or as JSON."""
