# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What bash offers behind "simplernn "; installed as completions/simplernn.

_simplernn() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local options="" context="--threads --flush-subnormals"
    local model="--prefix --nonlinearity --batch-first --time-first --direction
        --allow-extra --strict"
    local earlier=" ${COMP_WORDS[*]:1:COMP_CWORD-1} "
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 ]]; then
        mapfile -t COMPREPLY < <(compgen -W \
            "info check run bench doctor --help --version" -- "$word")
        return
    fi
    # Bash parts --option=value into three words.
    if [[ $word == "=" ]]; then
        word=""
    elif [[ $before == "=" ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case ${COMP_WORDS[1]} in
    info) options="--steps --batch --json --draw --svg $model" ;;
    check) options="$model" ;;
    run) options="--h0 --lengths --resets --fresh --output --hidden --quiet
        $model $context" ;;
    bench) options="--steps --batch --json $model $context" ;;
    doctor) [[ $word == -* ]] || return ;;
    *) return ;;
    esac
    case $before in
    --nonlinearity)
        mapfile -t COMPREPLY < <(compgen -W \
            "@SRNN_ACTIVATION_WORDS@" -- "$word")
        return
        ;;
    --direction)
        mapfile -t COMPREPLY < <(compgen -W "forward reverse" -- "$word")
        return
        ;;
    --prefix | --steps | --batch | --threads) return ;;
    esac
    if [[ $word == -* && $earlier != *" -- "* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$word")
    else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}

complete -F _simplernn simplernn
