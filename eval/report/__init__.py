"""What does a result look like to a person? One self-contained HTML page."""
