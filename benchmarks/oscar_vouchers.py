"""What django-oscar needs to apply a voucher to an order, beside our coupons in the same run and the same PostgreSQL.

It runs in a Python environment of its own, in a folder that is gone afterwards, with a database of its own. Timed is
what its checkout does about the voucher: find it, ask whether it is good for the customer, put it on the basket, work
the discount out, lock it and ask again, and store the order with its discount and the use. Customers, baskets of one
line, and the lines and stock of orders are left out of the time.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import redemptions, report
from benchmarks.options import Options, read
from benchmarks.scratch import scratch_system

ORDERS, QUICK_ORDERS = 500, 20
PEER = ("django-oscar==4.2.1", "psycopg2-binary==2.9.10")
DATABASE = "oscar"

SETTINGS = """
from oscar.defaults import *
from oscar import INSTALLED_APPS
SECRET_KEY = "measured only"
INSTALLED_APPS = INSTALLED_APPS
USE_TZ = True
SITE_ID = 1
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIDDLEWARE = []
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
AUTHENTICATION_BACKENDS = ["oscar.apps.customer.auth_backends.EmailBackend"]
ROOT_URLCONF = "program"
import sys
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "oscar", "USER": "postgres",
    "HOST": sys.argv[1], "CONN_MAX_AGE": None}}
"""

PROGRAM = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "peer_settings"
urlpatterns = []
count = int(sys.argv[2])

def main():
    import django
    django.setup()
    from django.core.management import call_command
    call_command("migrate", verbosity=0)
    from decimal import Decimal
    from django.db import transaction
    from django.contrib.auth import get_user_model
    from oscar.core import prices
    from oscar.core.loading import get_class, get_model
    from oscar.test import factories
    from oscar.apps.shipping.methods import Free
    Voucher, Order = get_model("voucher", "Voucher"), get_model("order", "Order")
    Application, Discount = get_model("voucher", "VoucherApplication"), get_model("order", "OrderDiscount")
    Basket, Selector = get_model("basket", "Basket"), get_class("partner.strategy", "Selector")
    Applicator, creator = get_class("offer.applicator", "Applicator"), get_class("order.utils", "OrderCreator")()
    product = factories.create_product(price=Decimal("10.00"), num_in_stock=None)
    product.product_class.track_stock = False
    product.product_class.save()
    if not Voucher.objects.exists():
        factories.create_voucher = factories.VoucherFactory(code="BENCHMARK", usage=Voucher.ONCE_PER_CUSTOMER)
        voucher_range = factories.RangeFactory(includes_all_products=True)
        condition = factories.ConditionFactory(range=voucher_range, type="Count", value=1)
        benefit = factories.BenefitFactory(range=voucher_range, type="Absolute", value=Decimal("1.00"))
        offer = factories.ConditionalOfferFactory(
            name="benchmark", offer_type="Voucher", condition=condition, benefit=benefit
        )
        Voucher.objects.get().offers.add(offer)
    User, strategy = get_user_model(), Selector().strategy()
    method = Free()

    def world(turn):
        users = [User(username=f"{turn} {n}", email=f"{turn}-{n}@example.com", password="!") for n in range(count)]
        users = User.objects.bulk_create(users)
        baskets = []
        for user in users:
            basket = Basket.objects.create(owner=user)
            basket.strategy = strategy
            basket.add_product(product, 1)
            baskets.append(basket)
        return list(zip(users, baskets))

    def apply(user, basket, number):
        voucher = Voucher.objects.get(code="BENCHMARK")
        if not voucher.is_active() or not voucher.is_available_to_user(user)[0]:
            raise SystemExit("the voucher is refused")
        basket.vouchers.add(voucher)
        Applicator().apply(basket, user)
        if basket.total_discount != Decimal("1.00"):
            raise SystemExit(f"the discount is {basket.total_discount}")
        total = prices.Price("GBP", basket.total_excl_tax, basket.total_excl_tax)
        with transaction.atomic():
            order = creator.create_order_model(
                user, basket, None, method, prices.Price("GBP", Decimal(0), Decimal(0)), None, total, number, "new"
            )
            for each in basket.vouchers.select_for_update():
                if not each.is_available_to_user(user=user)[0]:
                    raise SystemExit("the voucher is refused")
            for application in basket.offer_applications:
                application["message"] = application["offer"].apply_deferred_benefit(basket, order, application)
                creator.create_discount_model(order, application)
                creator.record_discount(application)
            for each in basket.vouchers.all():
                creator.record_voucher_usage(order, each, user)

    for turn, _line in enumerate(sys.stdin):
        waiting = world(turn)
        started = time.perf_counter()
        for number, (user, basket) in enumerate(waiting):
            apply(user, basket, f"{turn}-{number}")
        print(time.perf_counter() - started, Application.objects.count(), flush=True)

if __name__ == "__main__":
    main()
"""


def measure(options: Options) -> None:
    """Measure both in turns and print the table."""
    from accounts.services.platforms import create_platform

    count = QUICK_ORDERS if options.quick else ORDERS
    platform = create_platform("shop").platform
    batch = redemptions.batch_with(redemptions.CODE)
    accounts = redemptions.introduce(platform, count)
    with oscar(count) as timed:
        things: dict[str, Callable[[], float]] = {
            redemptions.LIMIT: lambda: redemptions.timed_statements(platform, batch, accounts),
            redemptions.VERB: lambda: redemptions.timed_verb(platform, accounts),
        }
        seconds: dict[str, list[float]] = {name: [] for name in (*things, PEER[0])}
        for _round in range(options.rounds):
            for name, thing in things.items():
                seconds[name].append(thing())
                redemptions.require(batch, count)
            seconds[PEER[0]].append(timed())
    medians = {name: median(times) for name, times in seconds.items()}
    peer = medians[PEER[0]]
    rows = [[name, f"{count / taken:,.0f}", f"{peer / taken:.1f} x"] for name, taken in medians.items()]
    note = f"{count:,} orders of as many people, one process; median of {options.rounds} rounds in turns."
    report.show("A coupon on an order", ["", "orders/s", f"of {PEER[0]}"], rows, note)


@contextmanager
def oscar(count: int) -> Iterator[Callable[[], float]]:
    """A timer that lets django-oscar apply a voucher to so many orders of as many customers, anew each time."""
    from django.db import connection

    from crossmarket import embedded

    with TemporaryDirectory(prefix="crossmarket-peer-") as name:
        folder = Path(name)
        _install(folder)
        (folder / "peer_settings.py").write_text(SETTINGS)
        (folder / "program.py").write_text(PROGRAM)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {DATABASE}")
        python = folder / "environment" / "bin" / "python"
        command = [python, "program.py", str(embedded.database_folder()), str(count)]
        with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
            turns = 0

            def timed() -> float:
                nonlocal turns
                turns += 1
                print(file=peer.stdin, flush=True)
                seconds, uses = peer.stdout.readline().split() if peer.stdout else ("0", "0")
                if int(uses) != turns * count:
                    raise RuntimeError(f"django-oscar counted {uses} uses instead of {turns * count}.")
                return float(seconds)

            yield timed
            if peer.stdin:
                peer.stdin.close()


def _install(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
    pip = [folder / "environment" / "bin" / "python", "-m", "pip", "install", "--quiet", *PEER]
    if subprocess.run(pip, check=False).returncode:
        raise SystemExit(f"{PEER[0]} could not be installed; see above. It is all that this measurement needs.")


if __name__ == "__main__":
    given = read(__doc__)
    with scratch_system():
        measure(given)
