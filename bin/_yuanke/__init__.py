"""What the commands in bin/ share. Standard library only: it runs before anything is installed.

Read in this order:

steps       the progress display and how a failed step explains itself
places      where everything lies: the clone, the data folder, the virtual environment
stamps      how a step knows that its work is already done
python_env  system  assets  fonts  locales     one preparation each
postgres  broker                               the embedded services
environment the variables that crm/settings.py reads
setup       all of the above in order
supervisor  keeps web, worker and beat running and stops them cleanly
serve  test  manage  bench                     the commands themselves
"""
