"""Restores a backup as the box does, for power cuts. Usage: restoring.py DATA_DIR ARCHIVE"""

import sys
from pathlib import Path

from storage.backup.jobs import do_stage
from storage.backup.keys import BackupKeys
from storage.opening import open_checked

folder = Path(sys.argv[1])
do_stage(folder, Path(sys.argv[2]), list(BackupKeys(folder).identities()), lambda *_: None)
print("committed", flush=True)
open_checked("sqlite:///secretary.db", folder, unclean=False).database.close()
print("restored", flush=True)
