"""What `/help` says in a chat."""

HELP = """\
/new              begin another session
/sessions [N]     list sessions, or go to one of the list
/rename TITLE     give this session another title
/cancel           cancel the turn, or dismiss an interrupted one
/allow [WORDS]    let the agent do once what it asks about
/reject [WORDS]   do not let it, and tell it why or what to do instead
/retry            run the last turn again that failed or was cut
/provider [NAME]  let another provider answer from here on, also what failed last
/model [NAME]     let another model of the provider answer from here on
/mode [NAME]      let the agent work in another mode
/image [FILE]     send an image along with the next message, or none after all
/quit             leave; the session stays
Enter sends, Alt-Enter begins a new line.
Ctrl-C cancels a running turn, Ctrl-D leaves.
One more slash sends what looks like a command: //help"""
