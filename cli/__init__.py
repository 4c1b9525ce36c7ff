"""The command line: a client of the gateway by `segue_client`, and the local stack that it can bring up.

main.py         the commands, and how their errors end them
options.py      options that several commands have
resources.py    `segue songs`, `cuts`, `pools` and `models`; mixes.py and jobs.py have the others
ids.py          ids shortened as in git; completion.py offers them to shells
getting.py      sound and pages as files; making.py parts of a mix, made alone
installation.py `segue system` and `approaches`
mix.py          `segue mix`; mixing.py what it does: upload, wait, ask, follow, fetch
choices.py      what the options of `segue mix` mean
sources.py      which files are songs
demo_run.py     `segue demo`
experiment.py   `segue experiment`: the study's questions, one file each under experiments/
backup/         `segue backup` and `segue restore`: the bucket as a folder
plots/          `segue plot`
doctor.py       `segue doctor`: what to look at; checks.py judges what was found
reaching.py     which gateway is meant
telling.py      what is told of a mix that was made
output.py       tables, quantities and JSON; progress.py the bars, curves.py the losses below them
errors.py       what only the command line can fail with; endings.py the exit codes
stack/          the servers and services of one machine
demo/           the songs of `segue demo`
"""
