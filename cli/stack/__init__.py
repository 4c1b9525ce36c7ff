"""Segue on one machine: the servers and services as supervised child processes, without Docker or root.

stack.py        what runs, in which order it starts and stops, and how its parts find each other
folder.py       the data folder: its lock, its remembered ports and secrets, the state of what runs
valkey.py       the command line of the queue's server
seaweed.py      the command line of the object store
ports.py        free ports
supervisor.py   keeps child processes running until they are told to stop
child.py        the first thing a child process runs: it ties the child's life to its parent's
watchdog.py     ends everything that a killed supervisor left behind
processes.py    finds and ends processes by group and by mark
"""
