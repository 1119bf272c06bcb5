"""Makes a backup as the box does, for power cuts. Usage: packing.py DATA_DIR"""

import sys
from pathlib import Path

from storage.backup.keys import BackupKeys
from storage.backup.pack import Order, create

folder = Path(sys.argv[1])
order = Order(
    folder,
    folder / "secretary.db",
    folder / "backups",
    1_795_800_000.0,
    "nightly",
    recordings=True,
    recipients=BackupKeys(folder).recipients(),
    box_version="0.1.0",
)
print(create(order, lambda *_: None).name, flush=True)
