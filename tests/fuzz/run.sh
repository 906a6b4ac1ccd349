#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs all fuzz targets side by side, for as long as you like:
#
#   tests/fuzz/run.sh TARGETS FOLDER SECONDS [PYTHON]
#
# TARGETS is where fuzz_* are, for example build/fuzz/tests. PYTHON has atheris,
# and runs the target of the Python package. FOLDER keeps what was learned: a
# run goes on where the last one ended. NAME/ has the inputs of a target,
# NAME-found/ those that it failed on, NAME.log its last words, and
# executions.txt a line for each target and round, with their number. A round
# takes 5 minutes at most, so that an interrupted run loses little.
# Fails if a target fails.
set -euo pipefail
cd "$(dirname "$0")/../.."

targets=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
left=$3
python=${4-}
converter=bindings/python/tests/fuzz/fuzz_convert.py

# A target that crashes cannot remove its files.
TMPDIR=$(mktemp -d -p /dev/shm)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

run_target() { # NAME SECONDS "FOLDER..." COMMAND...
    local name=$1 seconds=$2 inputs options=() status=0 executions
    read -ra inputs <<<"$3"
    local log=$folder/$name.log
    if [[ -f tests/fuzz/$name.dict ]]; then
        options=(-dict="tests/fuzz/$name.dict")
    fi
    mkdir -p "$folder/$name" "$folder/$name-found"
    "${@:4}" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$folder/$name-found/" \
        "${options[@]}" "$folder/$name" "${inputs[@]}" \
        >"$log" 2>&1 || status=$?
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    printf '%s %s %s executions in %s s\n' "$(date -u +%FT%TZ)" "$name" \
        "${executions:-0}" "$seconds" >>"$folder/executions.txt"
    if [[ $status != 0 ]]; then tail -n 60 "$log" >&2; fi
    return "$status"
}

run_round() { # SECONDS
    local target name process processes=() status=0
    for target in "$targets"/fuzz_*; do
        if [[ ! -x $target || -d $target ]]; then continue; fi
        name=${target##*/fuzz_}
        run_target "$name" "$1" "tests/corpus/$name" "$target" &
        processes+=($!)
    done
    if [[ -n $python ]]; then
        run_target convert "$1" \
            "bindings/python/tests/golden tests/corpus/convert" \
            "$python" "$converter" &
        processes+=($!)
    fi
    test "${#processes[@]}" -gt 0
    for process in "${processes[@]}"; do wait "$process" || status=1; done
    return "$status"
}

while [[ $left -gt 0 ]]; do
    seconds=$((left < 300 ? left : 300))
    run_round "$seconds"
    left=$((left - seconds))
done
awk '{ count[$2] += $3; seconds[$2] += $6 }
    END { for (name in count) printf "%s: %d executions in all, %d a second\n",
        name, count[name], count[name] / seconds[name] }' \
    "$folder/executions.txt" | sort
