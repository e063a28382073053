"""What a person sees once everything answers: addresses, demo logins and what to try."""

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from crossmarket.addresses import local_url, port
from crossmarket.demo.notes import DemoNotes


def show(console: Console, demo: DemoNotes | None) -> None:
    """Print the banner."""
    parts: list[RenderableType] = [_addresses(demo)]
    if demo:
        parts += [Text(), _logins(demo)]
    parts += [Text(), *_suggestions(demo), Text(), Text("Ctrl-C stops everything.", style="dim")]
    console.print(Panel(Group(*parts), title="[bold]CrossMarket is running", border_style="green", expand=False))


def _addresses(demo: DemoNotes | None) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("Home", local_url(port()))
    table.add_row("Admin", f"{local_url(port())}/admin/")
    table.add_row("API", f"{local_url(port())}/api/docs/")
    for platform in demo.platforms if demo else ():
        if platform.site:
            table.add_row(f"Partner {platform.name}", platform.site)
    return table


def _logins(demo: DemoNotes) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("Sign in as", "E-mail", "Password"):
        table.add_column(title, no_wrap=True)
    for login in demo.logins:
        table.add_row(login.role, login.email, login.password)
    return table


def _suggestions(demo: DemoNotes | None) -> list[Text]:
    if not demo:
        create = "manage.py create_platform SLUG --origin https://example.org --json"
        return [Text(f"To begin: .venv/bin/python {create}")]
    return [
        Text(
            "To try: visit both partner sites as the same person, open some courses on the first, "
            "and see the recommendations on the second change at the next view."
        ),
    ]
