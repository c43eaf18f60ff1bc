"""HTTP only: reading requests, writing answers, problems, metrics, the OpenAPI document."""
