/** What asks for the names of files instead of words. */
export const FILES = ':files';

const BASH = `# taskctl completion for bash. In ~/.bashrc: source <(taskctl completion bash)
_taskctl() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ':files' ]; then
      compopt -o default 2> /dev/null
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
}
complete -F _taskctl taskctl
`;

const ZSH = `#compdef taskctl
# taskctl completion for zsh. In ~/.zshrc, after compinit: source <(taskctl completion zsh)
_taskctl() {
  local line
  local -a lines described
  lines=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2> /dev/null)}")
  for line in $lines; do
    if [[ $line == ':files' ]]; then
      _files
    else
      described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done
  if (( $#described )); then _describe taskctl described; fi
}
if [ "\${funcstack[1]}" = _taskctl ]; then
  _taskctl "$@"
else
  compdef _taskctl taskctl
fi
`;

const FISH = `# taskctl completion for fish: taskctl completion fish > ~/.config/fish/completions/taskctl.fish
function __taskctl_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] 2> /dev/null)
        if test "$line" = ':files'
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c taskctl -f -a '(__taskctl_complete)'
`;

/** The scripts that teach a shell to complete `taskctl`, by shell. */
export const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;
