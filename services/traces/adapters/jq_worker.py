"""Runs one jq program, alone in a process that may be killed: `python -I jq_worker.py`.

Reads two lines of JSON from stdin: the request {program, results_max, bytes_max, memory_bytes,
seconds_max}, then the input. Writes one JSON object: {results, truncated} or {error}.
"""

import json
import os
import resource
import sys

import jq


def limit(memory_bytes: int, seconds_max: float) -> None:
    """No more memory, processor time, files or processes than this."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    seconds = int(seconds_max) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(program: str, text: str, results_max: int, bytes_max: int) -> str:
    """The answer, with results until a limit is reached."""
    results: list[str] = []
    size = 0
    for result in jq.compile(program).input_text(text):
        encoded = json.dumps(result, ensure_ascii=False)
        size += len(encoded)
        if len(results) >= results_max or size > bytes_max:
            return answer(results, truncated=True)
        results.append(encoded)
    return answer(results, truncated=False)


def answer(results: list[str], truncated: bool) -> str:
    """One JSON object; the results are JSON already."""
    return f'{{"truncated": {json.dumps(truncated)}, "results": [{",".join(results)}]}}'


def main() -> None:
    """One request, one answer."""
    request = json.loads(sys.stdin.readline())
    text = sys.stdin.readline()
    os.environ.clear()  # Python may have put its locale there
    limit(request["memory_bytes"], request["seconds_max"])
    try:
        told = run(request["program"], text, request["results_max"], request["bytes_max"])
    except ValueError as error:
        told = json.dumps({"error": str(error)})
    except MemoryError:
        told = json.dumps({"error": "the program needs more memory than it may have"})
    sys.stdout.write(told)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
