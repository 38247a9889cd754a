# Completion of the hotline command for bash: its options and their values, then whatever the program it runs completes.

# The pids of the running sessions, and of their programs.
_hotline_pids()
{
    "${1:-hotline}" --status 2>/dev/null | sed -nE 's/^hotline ([0-9]+): pid ([0-9]+),.*/\1 \2/p'
}

_hotline()
{
    local cur prev words cword split
    _init_completion -s || return

    # The first word that is not an option, nor an option's value, is the program: the rest belongs to it. In COMP_WORDS, where bash
    # has made --outfile=x.html three words.
    local i=1 ended=
    while ((i < COMP_CWORD)) && [[ ! $ended ]]; do
        case ${COMP_WORDS[i]} in
            --)
                ended=1
                ((++i))
                ;;
            -o | -F | --cpu-sampling-rate | --frequency | --slower-than | --engine | --outfile | --profile-interval | --program-path | --profile-only | \
                --profile-exclude | --cpu-percent-threshold | --max-nodes | --source | --source-root | --source-map | --tag | --range | --thread | --span | --fail-above | --for | --pid)
                ((++i))
                [[ ${COMP_WORDS[i]} != = ]] || ((++i))
                ((++i))
                while [[ ${COMP_WORDS[i]-} == [=:]* ]]; do ((i += 2)); done
                ;;
            -*) ((++i)) ;;
            *) ended=1 ;;
        esac
    done
    if [[ $i -lt $COMP_CWORD || ($i -eq $COMP_CWORD && ($ended || $cur != -*)) ]]; then
        _command_offset $i
        return
    fi

    case $prev in
        -o | --outfile)
            _filedir
            return
            ;;
        --program-path | --source-root)
            _filedir -d
            return
            ;;
        -F | --frequency)
            COMPREPLY=($(compgen -W "50 100 250 1000" -- "$cur"))
            return
            ;;
        --slower-than)
            COMPREPLY=($(compgen -W "10 100 1000" -- "$cur"))
            return
            ;;
        --engine)
            COMPREPLY=($(compgen -W "timer perf" -- "$cur"))
            return
            ;;
        --cpu-percent-threshold)
            COMPREPLY=($(compgen -W "0.1 1 5" -- "$cur"))
            return
            ;;
        --source)
            COMPREPLY=($(compgen -W "all project none" -- "$cur"))
            return
            ;;
        --cpu-sampling-rate)
            COMPREPLY=($(compgen -W "0.02 0.01 0.004 0.001" -- "$cur"))
            return
            ;;
        --profile-interval)
            COMPREPLY=($(compgen -W "0 5 15 60" -- "$cur"))
            return
            ;;
        --for)
            COMPREPLY=($(compgen -W "10s 30s 1m 5m" -- "$cur"))
            return
            ;;
        --pid)
            COMPREPLY=($(compgen -W "$(_hotline_pids "$1")" -- "$cur"))
            return
            ;;
        --tag | --range | --thread | --span | --fail-above | --profile-only | --profile-exclude | --source-map) return ;;
    esac
    $split && return

    COMPREPLY=($(compgen -W "-F -o -h -V
        --cpu --wall --cpu-sampling-rate= --frequency= --slower-than= --engine= --html --json --text --outfile= --profile-interval= --program-path= --profile-all
        --profile-only= --profile-exclude= --cpu-percent-threshold= --reduced-profile --max-nodes= --source= --source-root= --source-map= --tag= --range= --thread= --span= --normalize --fail-above= --no-children --wait-children --force --off --on --for= --dump --status --pid= --help --version" -- "$cur"))
    [[ ${COMPREPLY-} == *= ]] && compopt -o nospace
} && complete -F _hotline hotline
