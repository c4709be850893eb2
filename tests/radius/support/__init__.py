"""What the acceptance tests share. Nothing is left behind, also by a test that is interrupted or takes too long."""
import atexit
import signal


def _interrupt(*_):
    raise KeyboardInterrupt


signal.signal(signal.SIGTERM, _interrupt)


def finally_do(add_cleanup, function, *arguments, **options):
    """Has a function called once: by the test's cleanup, or at the end of the program if the test does not come to it."""
    is_due = [True]

    def once():
        if is_due:
            is_due.clear()
            function(*arguments, **options)

    atexit.register(once)
    add_cleanup(once)
