#!/bin/bash
# SPDX-License-Identifier: MIT
# Subjects of commits have at most 72 characters. A tarball and a shallow clone
# have no history to look at.
set -euo pipefail
cd "$(dirname "$0")/../.."
max_length=72
# Commits before it were not checked.
base=1e5291b175a9d30ac41e573adc9bd490b7c7235b

# The checkout may belong to another user, for example in a container.
in_history() {
    git -c safe.directory="$PWD" "$@"
}

if [[ ! -e .git ]] || ! in_history cat-file -e "$base^{commit}"; then
    echo "no history, so no subjects"
    exit
fi
in_history log --format='%h %s' "$base..HEAD" |
    awk -v max="$max_length" '{
            subject = substr($0, length($1) + 2)
            if (length(subject) > max) { print $0; failed = 1 }
        }
        END { print NR " subjects"; exit failed }'
