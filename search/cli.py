"""The other door, beside app.py: `tresen index | serve | search | synonyms | compounds | segments | traits | learn |
rollback | backup | restore | demo | doctor`.

Exit codes: 0 done, 1 a clear error (told in one sentence), 2 wrong usage. Heavy imports (torch: 6 s) wait
until a command needs them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from search.errors import BadInput, TresenError
from search.settings import Settings, read_settings
from search.terminal.backup import backup, restore, rollback
from search.terminal.console import Config, Home, Json, err, out, print_json, progress_bars
from search.terminal.learn import learn
from search.terminal.lists import compounds, synonyms
from search.terminal.segments import segments
from search.terminal.traits import traits

if TYPE_CHECKING:
    from search.index.snapshot import Manifest
    from search.service import Service
    from search.types import Product

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Tresen: semantic and personal site search for shops."
)
app.add_typer(synonyms, name="synonyms")
app.add_typer(compounds, name="compounds")
app.add_typer(traits, name="traits")
app.command()(segments)
app.command()(learn)
app.command()(rollback)
app.command()(backup)
app.command()(restore)


def main() -> None:
    """Run a command; every error of ours is one sentence and exit code 1."""
    try:
        app()
    except TresenError as error:
        place = f" [dim]({escape(error.place)})[/dim]" if error.place else ""
        err.print(f"[bold red]Error[/bold red] {escape(error.message)}{place}", soft_wrap=True)
        sys.exit(1)


# --- index ---------------------------------------------------------------------------------------


@app.command()
def index(
    feed: Annotated[Path, typer.Argument(help="CSV, TSV or JSONL, also .gz.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Index directory.", metavar="DIR")],
    where: Annotated[list[str] | None, typer.Option(help="Keep only rows with field=a,b (repeat).")] = None,
    mapping: Annotated[Path | None, typer.Option("--map", help="TOML file that says which column is what.")] = None,
    lang: Annotated[str, typer.Option(help="Languages of the shop, the leading one first.")] = "",
    lexical_only: Annotated[bool, typer.Option(help="Without vectors: seconds instead of minutes.")] = False,
    settings_file: Config = None,
    json: Json = False,
) -> None:
    """Index a shop's feed; a running server notices and swaps."""
    flags = {"analysis.languages": lang.split(",")} if lang else {}
    settings = read_settings(settings_file, flags=flags)
    summary = import_feed(feed, out_dir, settings, parse_where(where or []), mapping, not lexical_only)
    if json:
        print_json(summary)
    else:
        tell_import(summary, out_dir)


def parse_where(conditions: list[str]) -> dict[str, set[str]]:
    """["retailer=a,b"] -> {"retailer": {"a", "b"}}; BadInput for anything else."""
    parsed: dict[str, set[str]] = {}
    for condition in conditions:
        name, equals, values = condition.partition("=")
        if not equals or not name or not values:
            raise BadInput(f"'{condition}' is no condition. Write --where field=value,value.", "--where")
        parsed.setdefault(name, set()).update(values.split(","))
    return parsed


def import_feed(
    feed: Path,
    home: Path,
    settings: Settings,
    where: dict[str, set[str]],
    mapping_file: Path | None,
    with_vectors: bool,
) -> dict[str, Any]:
    """Read, check and index a feed, with progress on standard error; what was done, as plain values."""
    from catalog.live import told_mapping
    from catalog_loader import FeedReport, Mapping, check, load, read_mapping
    from search.changelog import read_changes
    from search.merging import building

    mapping = read_mapping(mapping_file) if mapping_file else Mapping(languages=settings.analysis.languages)
    report = FeedReport()
    started = datetime.now(UTC)
    source: dict[str, Any] = {"feed": feed.name, "mapping": told_mapping(mapping)}

    def checked() -> None:
        check(report, settings.feed.max_rejected)
        source["rows"] = report.rows

    with building(home), progress_bars() as advance:
        changes = read_changes(home).last  # what changed before is the feed's to tell; what changes from now on counts
        size = feed.stat().st_size if feed.is_file() else 0
        read = _cumulative(lambda done: advance("read", done, size))
        products = load(feed, mapping, where=where, on_bytes=read, report=report)
        manifest = _build(products, home, settings, with_vectors, source, changes, advance, checked)
    seconds = (datetime.now(UTC) - started).total_seconds()
    return {
        "snapshot": manifest.number,
        "products": manifest.products,
        "rows": report.rows,
        "skipped": report.skipped,
        "rejected": report.rejected,
        "rejections": [{"line": r.line, "field": r.field, "reason": r.reason} for r in report.rejections[:20]],
        "seconds": round(seconds, 1),
        "products_per_second": round(manifest.products / max(seconds, 1e-9)),
        "bytes_on_disk": sum(entry.bytes for entry in manifest.files.values()),
        "model": manifest.model,
    }


def _cumulative(step: Callable[[int], None]) -> Callable[[int], None]:
    """Turn "so many so far" into "so many more"."""
    seen = 0

    def so_far(total: int) -> None:
        nonlocal seen
        step(total - seen)
        seen = total

    return so_far


def _build(
    products: Iterable[Product],
    home: Path,
    settings: Settings,
    with_vectors: bool,
    source: dict[str, Any],
    changes: int,
    advance: Callable[[str, int, int | None], None],
    check: Callable[[], None],
) -> Manifest:
    import os

    from search.index.build import build_snapshot

    encoder = None
    if with_vectors:
        from search.embed import load_encoder

        advance("load encoder", 0, 1)
        encoder = load_encoder(
            settings.dense.model, settings.dense.threads or os.cpu_count() or 1, settings.dense.batch_size
        )
        advance("load encoder", 1, 1)
    return build_snapshot(products, home, settings, encoder, source, advance, check, changes)


def tell_import(summary: dict[str, Any], home: Path) -> None:
    """What an import did, for people."""
    out.print(
        f"[bold]{summary['products']:,}[/bold] products indexed in {summary['seconds']} s "
        f"({summary['products_per_second']:,}/s), snapshot {summary['snapshot']}, "
        f"{summary['bytes_on_disk'] / 1e6:.1f} MB on disk."
    )
    if summary["rejected"]:
        out.print(f"[yellow]{summary['rejected']:,} rows rejected[/yellow]; the first ones:")
        for rejection in summary["rejections"][:5]:
            out.print(
                f"  line {rejection['line']}, {escape(str(rejection['field']))}: {escape(str(rejection['reason']))}"
            )
    out.print(f'Search it: [cyan]tresen search {home} "…"[/cyan]   Serve it: [cyan]tresen serve {home}[/cyan]')


# --- serve ---------------------------------------------------------------------------------------


@app.command()
def serve(
    home: Home,
    port: Annotated[int | None, typer.Option(help="Port; TRESEN_PORT without it.")] = None,
    host: Annotated[str | None, typer.Option(help="Address; only loopback without keys.")] = None,
    workers: Annotated[int | None, typer.Option(help="Search processes; 0: this one searches.")] = None,
    settings_file: Config = None,
) -> None:
    """Serve an index over HTTP: API, shop page, kiosk, docs."""
    import uvicorn

    from search.api.identity import require_loopback
    from search.logs import configure_logs

    settings = read_settings(settings_file, flags={"server.port": port, "server.host": host, "server.workers": workers})
    require_loopback(settings.server.host)
    require_free_port(settings.server.host, settings.server.port)
    configure_logs()
    with err.status("Loading index and encoder …"):
        from search.app import create_app

        service = open_service(home, settings)
    address = f"http://{settings.server.host}:{settings.server.port}"
    snapshot = service.snapshot
    if service.falls_back:
        err.print("[yellow]The newest index is damaged; the one before it serves. Index the feed again.[/yellow]")
    if service.weights.trouble:
        err.print(f"[yellow]{escape(service.weights.trouble)}[/yellow]")
    err.print(f"[bold]Tresen[/bold] serves {len(snapshot):,} products (snapshot {snapshot.number})")
    for label, path in (("shop", "/"), ("kiosk", "/kiosk"), ("API", "/docs"), ("metrics", "/metrics")):
        err.print(f"  {label:<8} [link={address}{path}]{address}{path}[/link]")
    config = uvicorn.Config(
        create_app(lambda: service),
        host=settings.server.host,
        port=settings.server.port,
        log_config=None,
        access_log=False,  # it would print query strings
        timeout_graceful_shutdown=10,
    )
    uvicorn.Server(config).run()


def require_free_port(host: str, port: int) -> None:
    """Refuse a taken port in a sentence, before anything is loaded."""
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            advice = "Choose another: --port 8001 or TRESEN_PORT=8001."
            raise BadInput(f"Port {port} cannot be used ({error.strerror}). {advice}", "server.port") from error


def open_service(home: Path, settings: Settings) -> Service:
    """The service over an index directory."""
    from catalog.live import LiveReader
    from search.service import Service

    return Service(home, settings, reader=LiveReader)


# --- search --------------------------------------------------------------------------------------


@app.command()
def search(
    home: Home,
    query: Annotated[str, typer.Argument(help="What a shopper would type.")],
    shopper: Annotated[str | None, typer.Option(help="Whose order to show.")] = None,
    filter_: Annotated[str, typer.Option("--filter", help="brand:Adidas AND price:20..50")] = "",
    lang: Annotated[str | None, typer.Option(help="Language of query and answer.")] = None,
    size: Annotated[int, typer.Option(min=1, max=100, help="Hits.")] = 10,
    explain: Annotated[bool, typer.Option(help="Show how each hit got its place.")] = False,
    settings_file: Config = None,
    json: Json = False,
) -> None:
    """Search an index from the terminal, with the code that serves."""
    from search.messages import SearchRequest
    from search.types import Identity

    request = SearchRequest(
        q=query, filter=filter_, lang=lang, per_page=size, shopper=shopper, explain=explain or not json
    )
    with err.status("Loading index and encoder …"):
        service = open_service(home, read_settings(settings_file))
    with service:
        answer = service.search(request, Identity(shopper))
    if json:
        print_json(answer)
    else:
        show_answer(answer, explain)


def show_answer(answer: Any, explain: bool) -> None:
    """An answer as a table, with the explanation's terms if wanted."""
    from search.terminal.account import account
    from search.terminal.told import told

    for line in told(answer):
        out.print(escape(line))
    table = Table(
        "#", "anon.", "R", "id", "product", "price", "why", title=f"{answer.total} results, {answer.took_ms} ms"
    )
    for hit in answer.hits:
        price = f"{hit.product['price']:.2f} {hit.product.get('currency', '')}" if "price" in hit.product else ""
        why = "; ".join(reason.text for reason in hit.reasons)
        anonymous = str(hit.explain.rank_anonymous)
        table.add_row(
            str(hit.rank), anonymous, f"{hit.score:.3f}", hit.id, escape(hit.product["title"]), price, escape(why)
        )
        if explain:
            table.add_row("", "", "", "", escape(account(hit.explain)), "", "")
    out.print(table)
    for stage in answer.degraded:
        err.print(f"[yellow]left out: {stage}[/yellow]")


# --- demo ----------------------------------------------------------------------------------------


@app.command()
def demo(
    home: Home,
    seed: Annotated[int, typer.Option(help="Another seed makes another shop.")] = 7,
    settings_file: Config = None,
    json: Json = False,
) -> None:
    """Make the demo shop (about 2,500 made-up products, six shoppers) and index it."""
    summary = make_demo(home, seed, read_settings(settings_file), datetime.now(UTC))
    if json:
        print_json(summary)
    else:
        tell_import(summary, home)


def make_demo(home: Path, seed: int, settings: Settings, now: datetime) -> dict[str, Any]:
    """Write the demo's feed, index it, tell its shoppers' histories until now; what was done, as plain values."""
    from demo.install import install_demo, tell_histories

    home.mkdir(parents=True, exist_ok=True)
    feed = install_demo(home, seed, now)
    summary = import_feed(feed, home, settings, {}, None, with_vectors=True)
    with err.status("Telling the demo shoppers' histories …"), open_service(home, settings) as service:
        summary["events"] = tell_histories(service, home, seed, now)
    return summary


# --- doctor --------------------------------------------------------------------------------------


@app.command()
def doctor(
    home: Annotated[Path | None, typer.Argument(help="Index directory to check as well.", metavar="DIR")] = None,
    json: Json = False,
) -> None:
    """Check what the server needs: packages, encoder, index, state, disk."""
    from search.doctor import examine

    findings = list(examine(home))
    if json:
        print_json(findings)
    else:
        table = Table("", "what", "finding", show_header=False, box=None)
        for finding in findings:
            table.add_row("[green]✓[/green]" if finding.ok else "[red]✗[/red]", finding.what, escape(finding.told))
        out.print(table)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
