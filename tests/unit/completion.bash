#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the completion for bash offers.  usage: completion.bash PAKU COMPLETION
set -euo pipefail
paku=$1 failed=0
# shellcheck source=/dev/null
source "$2"
compopt() { :; } # only within a completion that readline asked for

# offers EXPECTED WORD...: the last word is the one that is completed.
offers()
{
    local expected=$1
    shift
    COMP_WORDS=("$paku" "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    local before=$paku
    [ "$#" -gt 1 ] && before=${COMP_WORDS[COMP_CWORD - 1]}
    _paku "$paku" "${COMP_WORDS[COMP_CWORD]}" "$before"
    if [ "${COMPREPLY[*]}" != "$expected" ]; then
        echo "paku $*: offers '${COMPREPLY[*]}', expected '$expected'"
        failed=1
    fi
}

offers check che
offers "" zzz
offers "describe" de
offers "--online" check --on
offers "--config" check --conf
offers "--config" --conf
offers "logfmt" --log-format l
offers "debug" check --log-level d
offers "" check --config x
offers "check" --config check che
offers "input" describe --kind i
exit $failed
