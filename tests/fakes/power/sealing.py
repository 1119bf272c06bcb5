"""Keeps secrets one after the other and changes their key, for power cuts. Usage: sealing.py DATA_DIR SEED"""

import json
import random
import sys
from pathlib import Path

from storage.secrets import Secrets

folder, chance = Path(sys.argv[1]), random.Random(int(sys.argv[2]))
secrets = Secrets(folder)
for count in range(12):
    name, value = f"key{chance.randrange(4)}", f"value{count}"
    print(json.dumps({"trying": name, "value": value}), flush=True)
    secrets.put(name, value, float(count))
    print(json.dumps({"kept": name, "value": value}), flush=True)
    if chance.random() < 0.3:
        secrets.rotate()
