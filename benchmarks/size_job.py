"""One job of benchmarks.size, in this process: prints its figures as JSON."""

import json
import sys

from benchmarks.size import JOBS

if __name__ == "__main__":
    name, path = sys.argv[1:]
    _, job, _, options = JOBS[name]
    print(json.dumps(job(path, *options)))
