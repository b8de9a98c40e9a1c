"""The faults behind `bin/faults`: each breaks the running system on purpose and then counts, by SQL, what came of it.

registry         which faults there are, how often each is caused in full and in the tests
outcome          what one fault reports
stage            a database, a broker, a mail sink and the parts of the system, none of them anybody's
world            the small company that the faults happen to
celery           the Celery application as the faults start it: quicker timetable, consumers that misbehave
digest           what all tables add up to, whatever numbers new rows got
web_killed       F1   the web part dies while people write
worker_killed    F2   workers die and the broker forgets everything while reminders and mails go out
beats_killed     F3   two beats, both dying again and again
broker_away      F5   no broker while people work
import_killed    F6   workers die in the middle of a large import
run_twice        F8   every task of the registry twice and at the same time
poison           F9   events and jobs that raise, crash or eat all memory
double_clicks    F12  every form and POST that creates something, sent many times
two_editors      F13  two people save one record at the same time
huge_requests    F21  endless pages and exports
delivered_twice  F24  every event and mail delivered twice
"""
