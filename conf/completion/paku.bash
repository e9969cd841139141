# SPDX-License-Identifier: Apache-2.0
# Completion of paku for bash. Verbs and options are asked of the program itself.

_paku_verbs()
{
    "$1" --help 2>/dev/null | awk '/^Verbs:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }'
}

_paku_options()
{
    "$1" ${2:+"$2"} --help 2>/dev/null | awk '/^  --/ { print $1 }'
}

# The verb is the first word that is neither an option nor the value of a global one.
_paku_verb()
{
    local at=1
    while [ "$at" -lt "$COMP_CWORD" ]; do
        case ${COMP_WORDS[at]} in
            -c | --config | --plugin-dir | --log-format | --log-level) at=$((at + 1)) ;;
            -*) ;;
            *) printf '%s' "${COMP_WORDS[at]}"; return ;;
        esac
        at=$((at + 1))
    done
}

_paku_plugins()
{
    "$1" plugins 2>/dev/null | awk 'NR > 1 && NF == 0 { exit } NR > 1 { print $2 }'
}

_paku()
{
    local program=$1 word=$2 before=$3 verb words=
    verb=$(_paku_verb)
    compopt +o default
    case $before in
        --log-level) words="error warning info debug" ;;
        --log-format) words="auto text logfmt json" ;;
        --kind) words="input processor output" ;;
    esac
    if [ -n "$words" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    elif [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_paku_options "$program" "$verb")" -- "$word")
    elif [[ $before == -c || $before == --config || $before == --plugin-dir ]]; then
        compopt -o default
    elif [ -z "$verb" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_paku_verbs "$program")" -- "$word")
    elif [ "$verb" = describe ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_paku_plugins "$program")" -- "$word")
    else
        compopt -o default
    fi
}

complete -o default -F _paku paku
