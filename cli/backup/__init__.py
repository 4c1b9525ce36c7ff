"""`segue backup` and `segue restore`: the bucket as a folder of files, taken while Segue runs.

order.py        the order of records: which of them rest on which
folder.py       the folder: a file per object, and the file that says that the backup is whole
saving.py       from the bucket into the folder
restoring.py    from the folder into a bucket
running.py      one of either, for both commands and the container
reaching.py     which bucket is meant
commands.py     the two commands
__main__.py     the same in a container, which has no `segue`

A bucket is no snapshot: jobs are accepted, run and end while it is copied. A copy is sound all the same
where no record in it lacks what it rests on, and that follows from how records are written: payloads before
the manifest that names them, an artifact before what is made of it, a job's products before its outcome. So
records are listed from the last of these to the first, and copied from the first to the last, each after what
it names. What is deleted in between is left out. Job marks are not copied: which jobs are open follows from
their records, and a restored bucket gets its marks from these.
"""
