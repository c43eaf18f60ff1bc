"""How good and how fast is the search, measured on the code that serves?

`qrels` reads what people judged, `stages` asks the pipeline, `runs` keeps rankings, `metrics` scores them,
`cli` shows it all (`tresen-eval`). `bench` measures time and memory. docs/evaluation.md is the guide.
"""
